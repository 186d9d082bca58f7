/* SPDX-License-Identifier: BSD-3-Clause */
/* ---- congestion window, threshold and round-trip time over time ---- */

class Windows {
	constructor(windows, rtt) {
		this.windows = new Plane(windows, "Congestion window over time");
		this.rtt = new Plane(rtt, "Round-trip time over time");
		this.flight = element("path", { class: "flight" });
		this.cwnd = element("path", { class: "cwnd" });
		this.ssthresh = element("path", { class: "ssthresh" });
		this.srtt = element("path", { class: "rtt" });
	}

	draw(history, view) {
		const all = history.windows;
		const seen = all.slice(Math.max(firstFrom(all, view.from) - 1, 0), firstFrom(all, view.known + 1));

		this.drawWindows(seen, view);
		this.drawRtt(seen.filter(({ srtt }) => srtt), view);
	}

	drawWindows(seen, view) {
		const thresholds = seen.filter(({ ssthresh }) => ssthresh < NO_THRESHOLD);
		const flights = seen.filter(({ flight }) => flight !== undefined);
		const high = Math.max(1000, ...seen.map(({ cwnd }) => cwnd), ...flights.map(({ flight }) => flight)) * 1.12;
		const last = seen[seen.length - 1];

		this.windows.set({ ...view, low: 0, high });
		if (!last) {
			this.windows.wait("No sample in this time.");
			write(byId("windows-now"), "");
			return;
		}
		this.windows.drawAxes(text.bytes);
		const until = Math.max(last.at, view.from);
		const area = this.windows.steps(flights.map(({ at, flight }) => [at, flight]), until);

		this.flight.setAttribute("d", area && `${area}V${this.windows.bottom}H${this.windows.x(flights[0].at)}Z`);
		this.cwnd.setAttribute("d", this.windows.steps(seen.map(({ at, cwnd }) => [at, cwnd]), until));
		this.ssthresh.setAttribute("d", this.windows.steps(thresholds.map(({ at, ssthresh }) => [at, ssthresh]), until));
		this.windows.inside.replaceChildren(this.flight, this.ssthresh, this.cwnd);
		this.windows.above.replaceChildren();
		write(byId("windows-now"), `cwnd ${text.bytes(last.cwnd)}${last.ssthresh < NO_THRESHOLD
			? `, ssthresh (dashed) ${text.bytes(last.ssthresh)}` : ", no ssthresh yet"}; in flight (area)`);
		write(this.windows.title, `Congestion window over time: ${byId("windows-now").textContent}`);
	}

	drawRtt(seen, view) {
		const last = seen[seen.length - 1];

		this.rtt.set({ ...view, low: 0, high: Math.max(100, ...seen.map(({ srtt }) => srtt)) * 1.15 });
		if (!last) {
			this.rtt.wait("No round trip was measured in this time.");
			write(byId("rtt-now"), "");
			return;
		}
		this.rtt.drawAxes((value) => value === 0 ? "0" : text.span(value));
		this.srtt.setAttribute("d", this.rtt.steps(seen.map(({ at, srtt }) => [at, srtt]), Math.max(last.at, view.from)));
		this.rtt.inside.replaceChildren(this.srtt);
		this.rtt.above.replaceChildren();
		write(byId("rtt-now"), `SRTT ${text.span(last.srtt)}`);
		write(this.rtt.title, `Round-trip time over time, now ${text.span(last.srtt)}`);
	}
}
