/* SPDX-License-Identifier: BSD-3-Clause */
/* ---- all connections, as `ss -ti` would show them ---- */

const NO_THRESHOLD = 2 ** 30;
const PHASES = {
	slow_start: "slow start", conservative_slow_start: "conservative slow start", avoidance: "avoidance",
	fast_recovery: "fast recovery", timeout: "timeout", startup: "STARTUP", drain: "DRAIN",
	probe_bw: "PROBE_BW", probe_rtt: "PROBE_RTT",
};

/* A column: its head, its text for a connection, and what is soft behind it. */
const COLUMNS = [
	{ name: "Peer" },
	{ name: "State", of: (c) => c.state },
	{ name: "Congestion control", of: (c) => c.cc, more: (c) => c.resting ? "at rest" : PHASES[c.cc_state] },
	{ name: "RTT", of: (c) => c.srtt_us ? text.span(c.srtt_us) : "–", more: (c) => c.srtt_us ? `± ${text.span(c.rttvar_us)}` : "" },
	{ name: "cwnd", of: (c) => c.snd_mss ? text.count(Math.round(c.cwnd / c.snd_mss)) : "–", more: (c) => text.bytes(c.cwnd) },
	{ name: "ssthresh", of: (c) => c.ssthresh >= NO_THRESHOLD ? "–" : text.count(Math.round(c.ssthresh / c.snd_mss)) },
	{ name: "MSS", of: (c) => text.count(c.snd_mss) },
	{ name: "In flight", of: (c) => text.bytes(c.in_flight) },
	{ name: "Acked", of: (c) => text.bytes(c.bytes_acked) },
	{ name: "Received", of: (c) => text.bytes(c.bytes_received) },
	{ name: "Resent", of: (c) => text.count(c.retransmits), alarm: (c) => c.retransmits > 0 },
	{ name: "Pacing", of: (c) => text.rate(c.pacing_rate) },
	{ name: "Delivery", of: (c) => text.rate(c.delivery_rate) },
];

class Table {
	/* choose(remote) is called when somebody chooses a connection. */
	constructor(section, choose) {
		this.body = section.querySelector("tbody");
		this.omitted = byId("omitted");
		this.choose = choose;
		this.rows = new Map();
		this.chosen = null;
		section.querySelector("thead tr").append(
			...COLUMNS.map((column) => element("th", { scope: "col", role: "columnheader" }, column.name)));
		this.nobody = element("tr", { role: "row" }, element("td", { class: "empty", colspan: COLUMNS.length, role: "cell" }, "No connections."));
		this.body.addEventListener("keydown", (event) => this.onKey(event));
	}

	show(frame, workers) {
		const seen = new Set();

		for (const connection of frame.connections) {
			const key = `${connection.remote} ${connection.local}`;

			seen.add(key);
			this.fill(this.row(key, connection), connection, workers);
		}
		for (const [key, row] of this.rows) {
			if (!seen.has(key)) {
				row.node.remove();
				this.rows.delete(key);
			}
		}
		if (seen.size === 0)
			this.body.append(this.nobody);
		else
			this.nobody.remove();
		write(this.omitted, frame.omitted ? `and ${text.plural(frame.omitted, "more", "more")}` : "");
	}

	row(key, connection) {
		let row = this.rows.get(key);

		if (row)
			return row;
		row = { remote: connection.remote, node: element("tr", { role: "row" }), cells: [] };
		row.button = connection.own ? element("span", { class: "own-peer" }, connection.remote) : this.button(row);
		for (const column of COLUMNS) {
			const cell = element("td", { role: "cell", "data-name": column.name });

			row.cells.push({ cell, value: element("span"), more: element("small") });
			cell.append(...(column.of ? [this.pair(row)] : [row.button]));
			row.node.append(cell);
		}
		if (connection.own)
			row.cells[0].cell.append(element("span", { class: "tag" }, "this page"));
		row.worker = element("span", { class: "tag" });
		this.rows.set(key, row);
		this.body.append(row.node);
		return row;
	}

	/* The page's own connection has none: to choose it would end it. */
	button(row) {
		const button = element("button", { type: "button", "aria-label": `Watch ${row.remote}` }, row.remote);

		button.addEventListener("click", () => this.choose(row.remote));
		row.node.addEventListener("click", (event) => {
			if (!event.target.closest("button") && !getSelection().toString())
				this.choose(row.remote);
		});
		return button;
	}

	pair(row) {
		const { value, more } = row.cells[row.cells.length - 1];

		return element("span", null, value, more);
	}

	fill(row, connection, workers) {
		row.node.classList.toggle("is-own", Boolean(connection.own));
		COLUMNS.forEach((column, i) => {
			const { cell, value, more } = row.cells[i];

			if (!column.of)
				return;
			write(value, column.of(connection));
			write(more, column.more ? column.more(connection) || "" : "");
			cell.classList.toggle("is-again", Boolean(column.alarm && column.alarm(connection)));
		});
		if (workers > 1) {
			write(row.worker, `worker ${connection.worker}`);
			row.cells[0].cell.append(row.worker);
		}
		this.mark(row);
	}

	mark(row) {
		const is = row.remote === this.chosen;

		row.node.classList.toggle("is-chosen", is);
		if (row.button.tagName === "BUTTON")
			row.button.setAttribute("aria-pressed", String(is));
	}

	setChosen(remote) {
		this.chosen = remote;
		this.rows.forEach((row) => this.mark(row));
	}

	onKey(event) {
		const buttons = [...this.body.querySelectorAll("button")];
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
		const at = buttons.indexOf(document.activeElement);

		if (!step || at < 0)
			return;
		event.preventDefault();
		buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)].focus();
	}
}
