/* SPDX-License-Identifier: BSD-3-Clause */
/* ---- RFC 9293, figure 5, with the current state lit ---- */

/* Centres of the boxes; a state may have two. */
const BOX = { width: 150, height: 38 };
const STATES = [
	["CLOSED", 320, 24], ["LISTEN", 320, 112],
	["SYN-RECEIVED", 84, 200], ["SYN-SENT", 556, 200],
	["ESTABLISHED", 320, 288],
	["FIN-WAIT-1", 84, 376], ["CLOSE-WAIT", 556, 376],
	["FIN-WAIT-2", 84, 472], ["CLOSING", 320, 472], ["LAST-ACK", 556, 472],
	["TIME-WAIT", 320, 564], ["CLOSED", 556, 564],
];

/* From, to, the way, and its words: x, y, anchor, what happens, what is sent. */
const WAYS = [
	["CLOSED", "LISTEN", "M300 43 V91", [292, 72, "end", "passive open"]],
	["LISTEN", "CLOSED", "M340 93 V45", [348, 72, "start", "close"]],
	["CLOSED", "SYN-SENT", "M395 24 H580 Q596 24 596 40 V179", [588, 16, "end", "active open: send SYN"]],
	["SYN-SENT", "CLOSED", "M556 181 V52 Q556 36 540 36 H397", [548, 96, "end", "close"]],
	["LISTEN", "SYN-RECEIVED", "M245 106 H76 Q60 106 60 122 V179", [236, 98, "end", "SYN: send SYN,ACK"]],
	["SYN-RECEIVED", "LISTEN", "M100 181 V134 Q100 118 116 118 H243", [110, 134, "start", "RST"]],
	["LISTEN", "SYN-SENT", "M395 112 H500 Q516 112 516 128 V179", [402, 104, "start", "send: SYN"]],
	["SYN-SENT", "SYN-RECEIVED", "M481 200 H161", [320, 192, "middle", "SYN: send SYN,ACK"]],
	["SYN-RECEIVED", "ESTABLISHED", "M116 219 V272 Q116 288 132 288 H243", [240, 280, "end", "ACK of SYN"]],
	["SYN-SENT", "ESTABLISHED", "M524 219 V272 Q524 288 508 288 H397", [402, 304, "start", "SYN,ACK: send ACK"]],
	["SYN-RECEIVED", "FIN-WAIT-1", "M56 219 V355", [66, 330, "start", "close: send FIN"]],
	["ESTABLISHED", "FIN-WAIT-1", "M290 307 V360 Q290 376 274 376 H161", [284, 350, "end", "close: send FIN"]],
	["ESTABLISHED", "CLOSE-WAIT", "M350 307 V360 Q350 376 366 376 H479", [358, 350, "start", "FIN: send ACK"]],
	["FIN-WAIT-1", "FIN-WAIT-2", "M56 395 V451", [64, 444, "start", "ACK of FIN"]],
	["FIN-WAIT-1", "CLOSING", "M116 395 V410 Q116 424 132 424 H304 Q320 424 320 438 V451", [312, 418, "end", "FIN: send ACK"]],
	["CLOSE-WAIT", "LAST-ACK", "M556 395 V451", [548, 428, "end", "close: send FIN"]],
	["CLOSING", "TIME-WAIT", "M320 491 V543", [328, 522, "start", "ACK of FIN"]],
	["FIN-WAIT-2", "TIME-WAIT", "M84 491 V548 Q84 564 100 564 H243", [238, 556, "end", "FIN: send ACK"]],
	["LAST-ACK", "CLOSED", "M556 491 V543", [548, 522, "end", "ACK of FIN"]],
	["TIME-WAIT", "CLOSED", "M395 564 H479", [438, 556, "middle", "2 MSL"]],
];

class States {
	constructor(place) {
		this.boxes = STATES.map(([name, x, y]) => ({ name, node: this.box(name, x, y) }));
		this.ways = WAYS.map(([from, to, path, words]) => ({ from, to, node: this.way(path, words) }));
		this.title = element("title", null, "State diagram");
		this.svg = element("svg", { viewBox: "0 0 640 588", role: "img" }, this.title,
			...this.ways.map((way) => way.node), ...this.boxes.map((box) => box.node));
		place.append(this.svg);
	}

	box(name, x, y) {
		return element("g", { class: "node" },
			element("rect", { x: x - BOX.width / 2, y: y - BOX.height / 2, width: BOX.width, height: BOX.height, rx: 7 }),
			element("text", { x, y }, name));
	}

	/* A way ends in a tip that points where its last stroke does. */
	way(path, [x, y, anchor, words]) {
		const [, kind, last] = path.match(/([HV])(\d+)$/);
		const before = path.match(/(-?\d+) (-?\d+)(?: [HV]\d+)$/);
		const end = kind === "H" ? [Number(last), Number(before[2])] : [Number(before[1]), Number(last)];
		const sign = Math.sign(kind === "H" ? last - before[1] : last - before[2]);
		const tip = kind === "H"
			? `M${end[0] + 2 * sign} ${end[1]} l${-9 * sign} -4.5 v9 Z`
			: `M${end[0]} ${end[1] + 2 * sign} l-4.5 ${-9 * sign} h9 Z`;

		return element("g", { class: "way" }, element("path", { d: path }), element("path", { class: "tip", d: tip }),
			element("text", { x, y, "text-anchor": anchor }, words));
	}

	/* current: a name; before: all since the connection has been watched, in order. */
	show(current, before) {
		const was = new Set(before);
		const steps = new Set(before.slice(1).map((to, i) => `${before[i]} ${to}`));
		const isOver = current === "CLOSED" && before.length > 1;

		this.boxes.forEach(({ name, node }, i) => {
			const isSecond = name === "CLOSED" && i > 0;
			const is = name === current && (name !== "CLOSED" || isSecond === isOver);

			node.setAttribute("class", `node${is ? " is" : was.has(name) && name !== "CLOSED" ? " was" : ""}`);
		});
		for (const { from, to, node } of this.ways)
			node.setAttribute("class", `way${steps.has(`${from} ${to}`) ? " was" : ""}`);
		write(this.title, `State diagram of RFC 9293, figure 5. ${current
			? `The connection is in ${current}${before.length > 1 ? `, by way of ${before.slice(0, -1).join(", ")}` : ""}.` : ""}`);
		this.svg.dataset.state = current || "";
	}
}
