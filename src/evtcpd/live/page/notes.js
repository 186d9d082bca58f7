/* SPDX-License-Identifier: BSD-3-Clause */
/* ---- what happened, and why, in words ---- */

const MOST_NOTES = 150;

class Notes {
	constructor(list) {
		this.list = list;
		this.shown = 0;
		this.history = null;
	}

	/* The newest first; what is there stays. */
	show(history, causes) {
		if (history !== this.history) {
			this.list.replaceChildren();
			this.last = null;
			this.history = history;
		}
		const from = this.last ? history.notes.indexOf(this.last) + 1 : 0;
		const isAtTop = this.list.scrollTop < 4;

		for (const mark of history.notes.slice(from)) {
			this.list.prepend(this.line(mark, history, causes));
			this.last = mark;
		}
		while (this.list.childElementCount > MOST_NOTES)
			this.list.lastElementChild.remove();
		if (isAtTop)
			this.list.scrollTop = 0;
	}

	line(mark, history, causes) {
		const [what, why] = this.words(mark, history, causes);
		const time = element("time", null, `${((mark.at - history.began) / 1e6).toFixed(3)} s`);

		return element("li", mark.again ? { class: "is-again" } : mark.lost ? { class: "is-lost" } : null, time,
			element("span", null, element("b", null, what), element("em", null, why ? ` ${why}` : "")));
	}

	words(mark, history, causes) {
		const why = text.reason(causes, mark);

		switch (mark.kind) {
		case "sent":
		case "received":
			return [`${mark.kind === "sent" ? mark.again ? "sent again" : "sent" : "received"} ${this.what(mark, history)}`, why];
		case "link":
			return [`${mark.lost ? "lost on the way" : "on the way"} ${mark.out ? "out" : "in"}: ${this.what(mark, history)}`, text.fate(causes, mark)];
		case "dropped":
			return ["dropped", why];
		case "state":
			return [`${mark.from} → ${mark.to}`, why];
		case "mss":
			return [`MSS ${text.count(mark.mss)}, was ${text.count(mark.mss_before)}`, why];
		case "timer":
			return [why, ""];
		default:
			return [`cwnd ${text.bytes(mark.cwnd)}${mark.ssthresh < NO_THRESHOLD ? `, ssthresh ${text.bytes(mark.ssthresh)}` : ""}`, why];
		}
	}

	what(mark, history) {
		const names = [[FLAG.syn, "SYN"], [FLAG.fin, "FIN"], [FLAG.rst, "RST"]]
			.filter(([bit]) => mark.flags & bit).map(([, name]) => name);
		const sent = mark.kind === "link" ? mark.out : mark.kind === "sent";
		const shift = history.ways[sent ? "sent" : "received"].shift;

		if (mark.len)
			names.push(`${text.count(mark.from + shift)}–${text.count(mark.from + shift + mark.len)}`);
		return names.join(" ") || "ACK";
	}
}
