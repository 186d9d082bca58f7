/* SPDX-License-Identifier: BSD-3-Clause */
"use strict";
/* ---- numbers as people read them, and elements ---- */

const text = {
	/* 1 500 000 -> "1.5 MB": three digits that count. */
	bytes(n) {
		const units = ["B", "kB", "MB", "GB", "TB"];
		let unit = 0;

		while (n >= 999.5 && unit < units.length - 1) {
			n /= 1000;
			unit++;
		}
		return `${unit === 0 || n >= 99.95 ? Math.round(n) : n >= 9.995 ? n.toFixed(1) : n.toFixed(2)} ${units[unit]}`;
	},

	/* Bytes a second as bits a second. */
	rate(n) {
		return n === 0 ? "–" : `${text.bytes(n * 8).replace("B", "bit")}/s`;
	},

	/* Microseconds. */
	span(us) {
		if (us < 1000)
			return `${Math.round(us)} µs`;
		if (us < 1e6)
			return `${us < 1e4 ? (us / 1e3).toFixed(1) : Math.round(us / 1e3)} ms`;
		return `${(us / 1e6).toFixed(us < 1e7 ? 1 : 0)} s`;
	},

	count(n) {
		return n.toLocaleString("en").replace(/,/g, " ");
	},

	plural(n, one, many) {
		return `${text.count(n)} ${n === 1 ? one : many}`;
	},

	/* What a cause means, with the number and the span that belong to it. */
	reason(causes, mark) {
		const number = mark.count ? ` #${mark.count}` : "";
		const after = mark.delay_us ? ` after ${text.span(mark.delay_us)}` : "";

		return `${causes[mark.why] || mark.why}${number}${after}`;
	},

	/* What a link did, and by which rule of the fault script. */
	fate(causes, mark) {
		const what = text.reason(causes, mark);

		if (!mark.rule)
			return what;
		return what.endsWith(")") ? `${what.slice(0, -1)}, rule ${mark.rule})` : `${what}, rule ${mark.rule}`;
	},

	/* The same without its citation: for a label. */
	brief(causes, mark) {
		return text.reason({ [mark.why]: (causes[mark.why] || mark.why).replace(/: .*| \(.*\)/, "") }, mark);
	},
};

const SVG = "http://www.w3.org/2000/svg";

/* An element with attributes and children; a name of SVG's makes one of SVG's. */
function element(name, attributes, ...children) {
	const made = /^(svg|g|path|rect|line|text|title|desc|circle|clipPath|defs)$/.test(name)
		? document.createElementNS(SVG, name) : document.createElement(name);

	for (const [key, value] of Object.entries(attributes || {}))
		made.setAttribute(key, value);
	made.append(...children);
	return made;
}

const byId = (id) => document.getElementById(id);

/* Changes a text only where it is another: selections and readers are left alone. */
function write(node, value) {
	if (node.textContent !== value)
		node.textContent = value;
}
