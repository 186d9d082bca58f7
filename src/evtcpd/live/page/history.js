/* SPDX-License-Identifier: BSD-3-Clause */
/* ---- what was told of the chosen connection, as far back as is kept ---- */

const HISTORY = { marks: 60000, samples: 6000, seconds: 180 };

const SETTLED_US = 5e5;

const FLAG = { fin: 1, syn: 2, rst: 4, ack: 16 };

/* One direction of the stream. A sequence number is on a circle of 2^32; here it becomes a place in the
 * stream, by how far it is from the last one. */
class Way {
	constructor() {
		this.seq = null;      // the last number, and
		this.at = 0;          // its place, counted from the first that was seen
		this.shift = 0;       // what leads from there to the byte of the stream
	}

	place(seq) {
		if (this.seq === null)
			this.seq = seq;
		this.at += (seq - this.seq) | 0;
		this.seq = seq;
		return this.at;
	}

	/* The place of a number that need not be the latest; null where none is known yet. */
	find(seq) {
		return this.seq === null ? null : this.at + ((seq - this.seq) | 0);
	}

	/* told: [sequence number, byte of the stream], or null. */
	know(told) {
		if (told && this.seq !== null)
			this.shift = told[1] - (this.at + ((told[0] - this.seq) | 0));
	}
}

class History {
	constructor() {
		this.ways = { sent: new Way(), received: new Way() };
		/* Of each direction: segments with something in them, and ACKs of them. */
		this.segments = { sent: [], received: [] };
		this.acks = { sent: [], received: [] };
		/* What links did to them, where it is drawn: to an ACK among what it acknowledges. */
		this.fates = { sent: [], received: [] };
		this.notes = [];      // all that is worth a line
		this.windows = [];    // samples, and windows that changed
		this.states = [];     // names, in the order they were in
		this.began = null;    // the moment from which time is told
		this.now = 0;
		this.last = null;     // when something was heard last
		this.isOver = false;  // nothing will be heard any more, as it seems
		this.missed = 0;
		this.again = 0;       // retransmissions, in all
	}

	/* Takes a frame in. */
	take(frame) {
		const marks = frame.marks.slice().sort((a, b) => a.at - b.at);

		/* Of a connection that is awaited time begins with its first segment. */
		if (this.began === null && (marks.length || frame.connection))
			this.began = marks.length ? marks[0].at : frame.now;
		if (marks.length)
			this.last = marks[marks.length - 1].at;
		this.now = frame.now;
		this.isOver = !frame.connection && this.last !== null && frame.now - this.last > SETTLED_US;
		this.missed += frame.missed;
		for (const mark of marks)
			this.mark(mark);
		for (const [at, cwnd, ssthresh, srtt, flight, wnd] of frame.samples)
			this.windows.push({ at, cwnd, ssthresh, srtt, flight, wnd });
		this.windows.sort((a, b) => a.at - b.at);
		this.ways.sent.know(frame.sent);
		this.ways.received.know(frame.received);
		this.forget();
	}

	mark(mark) {
		if (mark.kind === "sent" || mark.kind === "received")
			this.segment(mark);
		else if (mark.kind === "window")
			this.windows.push({ at: mark.at, cwnd: mark.cwnd, ssthresh: mark.ssthresh });
		else if (mark.kind === "state" && mark.why !== "time_wait_reused") // that ends a connection before it
			this.state(mark);
		else if (mark.kind === "dropped" && "seq" in mark)
			this.dropped(mark);
		else if (mark.kind === "link")
			this.link(mark);
		if (this.isNote(mark))
			this.notes.push(mark);
	}

	/* How many sequence numbers a segment has. */
	bears(mark) {
		return (mark.len || 0) + (mark.flags & FLAG.syn ? 1 : 0) + (mark.flags & FLAG.fin ? 1 : 0);
	}

	/* A segment is data of its own direction, and an ACK of the other. */
	segment(mark) {
		const own = mark.kind, other = own === "sent" ? "received" : "sent";
		const bears = this.bears(mark);

		if (bears) {
			const from = this.ways[own].place(mark.seq);

			mark.from = from;
			mark.to = from + bears;
			this.segments[own].push({ at: mark.at, until: mark.until || mark.at, from, to: from + bears, mark });
			this.again += mark.again || 0;
		}
		if (!(mark.flags & FLAG.ack))
			return;
		const ack = { at: mark.at, to: this.ways[other].place(mark.ack), win: mark.win, scaled: !(mark.flags & FLAG.syn) };

		if (mark.sack)
			ack.sack = mark.sack.map(([left, right]) => {
				const from = ack.to + ((left - mark.ack) | 0);
				return [from, from + ((right - left) | 0)];
			});
		this.acks[other].push(ack);
	}

	/* What a link refused was ours; everything else that was dropped had come. */
	dropped(mark) {
		const own = mark.why.startsWith("link_") ? "sent" : "received";

		const from = this.ways[own].find(mark.seq);

		if (!mark.len || from === null)
			return;
		this.segments[own].push({ at: mark.at, until: mark.at, from, to: from + mark.len, mark });
	}

	/* A link lost a segment, changed it or made it. Where it was on its way out the stack tells of it
	 * as well, as of any that it sent; of one that was lost on its way in the stack never heard. */
	link(mark) {
		const own = mark.out ? "sent" : "received", other = mark.out ? "received" : "sent";
		const bears = this.bears(mark), way = bears ? own : other;

		if (bears && this.ways[own].seq === null)
			this.ways[own].place(mark.seq);
		const from = this.ways[way].find(bears ? mark.seq : mark.ack);

		mark.from = bears ? from : null;
		if (from !== null)
			this.fates[way].push({ at: mark.at, from, to: from + bears, mark });
	}

	state(mark) {
		if (!this.states.length)
			this.states.push(mark.from);
		this.states.push(mark.to);
	}

	isNote(mark) {
		if (mark.kind === "sent" || mark.kind === "received")
			return mark.again || mark.flags & (FLAG.syn | FLAG.fin | FLAG.rst);
		if (mark.kind === "timer")
			return !/pacing|delayed_ack|linger/.test(mark.why);
		return true;
	}

	forget() {
		const old = this.now - HISTORY.seconds * 1e6;
		const cut = (list, most) => {
			let n = Math.max(0, list.length - most);

			while (n < list.length && list[n].at < old)
				n++;
			if (n > most / 20)
				list.splice(0, n);
		};

		for (const list of [this.segments.sent, this.segments.received, this.acks.sent, this.acks.received])
			cut(list, HISTORY.marks);
		cut(this.fates.sent, HISTORY.marks);
		cut(this.fates.received, HISTORY.marks);
		cut(this.windows, HISTORY.samples);
		if (this.notes.length > 400)
			this.notes.splice(0, this.notes.length - 300);
	}

	/* As far as there is something to see: what is over does not move on. */
	known() {
		return this.isOver ? this.last + SETTLED_US / 10 : this.now;
	}

	/* The direction in which more has gone. */
	busier() {
		const moved = (way) => this.segments[way].reduce((sum, segment) => sum + (segment.mark.len || 0), 0);

		return moved("received") > moved("sent") ? "received" : "sent";
	}
}

/* The index of the first of a list, in order of time, that is not before a moment. */
function firstFrom(list, at) {
	let low = 0, high = list.length;

	while (low < high) {
		const middle = (low + high) >> 1;

		if (list[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
