/* SPDX-License-Identifier: BSD-3-Clause */
/* ---- the page: one stream of events, one chosen connection ---- */

const RETRY_MS = 3000;
const SILENCE_MS = 4000;  // a server that says nothing for so long is gone, or the way to it is
const SPANS = [1, 2, 5, 10, 30, 60, 0];  // seconds; 0: all

class Page {
	constructor() {
		this.table = new Table(byId("connections"), (remote) => this.choose(remote));
		this.states = new States(byId("states"));
		this.sequence = new Sequence(byId("sequence"), byId("legend"), byId("marked"));
		this.windows = new Windows(byId("windows"), byId("rtt"));
		this.notes = new Notes(byId("notes"));
		this.causes = {};
		this.remote = null;
		this.listen();
	}

	listen() {
		addEventListener("hashchange", () => this.follow());
		addEventListener("popstate", () => this.follow());
		addEventListener("resize", () => this.ask());
		document.addEventListener("visibilitychange", () => document.hidden ? this.close() : this.open());
		document.addEventListener("keydown", (event) => {
			if (event.key === "Escape" && this.remote)
				this.choose(null);
		});
		byId("leave").addEventListener("click", () => this.choose(null));
		byId("pause").addEventListener("click", () => this.pause(this.view.end === null));
		byId("span").addEventListener("change", () => this.zoom(Number(byId("span").value)));
		byId("way").addEventListener("change", () => {
			this.view.way = byId("way").value;
			this.ask();
		});
		byId("sequence").addEventListener("keydown", (event) => this.onKey(event));
	}

	/* ---- which connection ---- */

	choose(remote) {
		if ((remote || null) === this.remote)
			return;
		history.pushState(null, "", remote ? `#${remote}` : location.pathname);
		this.follow();
		/* Where all is one column, it is below what can be seen. */
		if (remote && matchMedia("(max-width: 1020px)").matches)
			byId("chosen").scrollIntoView();
	}

	/* The address of the page says which one is chosen, so that it can be kept and sent. */
	follow() {
		const remote = location.hash.slice(1).replace(/%5B/i, "[").replace(/%5D/i, "]") || null;

		if (remote === this.remote && this.source)
			return;
		this.remote = remote;
		this.told = null;
		this.history = new History();
		this.view = { end: null, span: Number(byId("span").value), way: null };
		this.pause(false);
		this.table.setChosen(remote);
		byId("chosen").hidden = !remote;
		byId("invitation").hidden = Boolean(remote);
		write(byId("chosen-title"), remote || "");
		document.title = remote ? `${remote} – evtcpd` : "evtcpd: live";
		this.close();
		this.open();
	}

	/* ---- the stream ---- */

	open() {
		if (this.source || document.hidden)
			return;
		clearTimeout(this.retry);
		this.source = new EventSource(this.remote ? `events?conn=${encodeURIComponent(this.remote)}` : "events");
		this.on("causes", (causes) => { this.causes = causes; });
		this.on("connections", (frame) => this.onConnections(frame));
		this.on("segments", (frame) => this.onSegments(frame));
		this.on("end", () => this.lose("the server is stopping"));
		this.listenOn();
		this.source.addEventListener("error", () => this.lose("not connected: trying again"));
	}

	on(name, take) {
		this.source.addEventListener(name, (event) => {
			this.listenOn();
			take(JSON.parse(event.data));
		});
	}

	/* A word was heard, or is awaited from now on. */
	listenOn() {
		clearTimeout(this.silence);
		this.silence = setTimeout(() => this.lose("no word from the server: trying again"), SILENCE_MS);
	}

	close() {
		clearTimeout(this.retry);
		clearTimeout(this.silence);
		if (this.source)
			this.source.close();
		this.source = null;
	}

	lose(why) {
		this.say("lost", why);
		this.close();
		this.retry = setTimeout(() => this.open(), RETRY_MS);
	}

	say(state, words) {
		byId("status").dataset.state = state;
		write(byId("status").querySelector("span"), words);
	}

	onConnections(frame) {
		const lacking = frame.missing && frame.missing.length
			? `live, without worker ${frame.missing.join(", ")}` : "live";

		this.say("live", frame.skipped ? `live, ${text.plural(frame.skipped, "slice", "slices")} skipped` : lacking);
		this.table.show(frame, frame.workers || 1);
		this.showUsage(frame);
	}

	showUsage({ usage, workers }) {
		const shown = [["connections", usage.connections], ["handshakes", usage.half_open], ["TIME-WAIT", usage.time_wait],
			...usage.resting ? [["at rest", usage.resting]] : [], ...workers ? [["workers", workers]] : []];

		byId("usage").replaceChildren(...shown.map(([name, n]) =>
			element("div", null, element("dt", null, name), element("dd", null, text.count(n)))));
	}

	onSegments(frame) {
		if (frame.remote !== this.remote && this.told === null)
			write(byId("chosen-title"), frame.remote);
		this.told = frame;
		this.connection = frame.connection || this.connection;
		this.history.take(frame);
		if (this.view.way === null && this.history.segments.sent.length + this.history.segments.received.length > 0) {
			this.view.way = this.history.busier();
			byId("way").value = this.view.way;
		}
		this.showState(frame);
		this.notes.show(this.history, this.causes);
		this.ask();
	}

	/* The state that was told last; one that has no row any more tells by its events. */
	showState(frame) {
		const { states } = this.history;

		if (frame.connection && states[states.length - 1] !== frame.connection.state)
			states.push(frame.connection.state);
		const current = states[states.length - 1] || "";

		this.states.show(current, states);
		write(byId("chosen-state"), current);
		this.remarkOn(frame, current);
	}

	remarkOn(frame, current) {
		const remark = frame.own
			? "This is the connection on which this page is told all this. Its segments are not drawn: each would make another."
			: !frame.connection && !current ? "No such connection now. If one comes, it will be drawn from its first segment on."
			: this.history.missed ? `${text.plural(this.history.missed, "event", "events")} came too fast to be told.` : "";

		write(byId("remark"), remark);
		byId("remark").hidden = !remark;
		byId("panels").hidden = Boolean(frame.own);
	}

	/* ---- the graphs ---- */

	/* Draws before the next picture is shown, once. */
	ask() {
		if (this.asked || !this.told)
			return;
		this.asked = true;
		requestAnimationFrame(() => {
			this.asked = false;
			this.draw();
		});
	}

	draw() {
		const { history } = this;
		const began = history.began === null ? history.now : history.began;
		const known = this.view.end === null ? history.known() : this.view.end;
		const whole = known - began;
		/* All of what is over, or was asked for; else from the left on, until there is more than
		 * can be shown. */
		const span = this.view.span === 0 || (history.isOver && whole < this.view.span * 1e6)
			? Math.max(whole, 1e4) : this.view.span * 1e6;
		const to = Math.max(known, began + span);
		const view = { from: to - span, to, known, began, way: this.view.way || "sent" };
		const connection = this.connection || {};
		const scale = view.way === "sent" ? connection.snd_wscale : connection.rcv_wscale;

		if (byId("panels").hidden || byId("chosen").hidden)
			return;
		this.sequence.draw(this.history, view, scale || 0, this.causes);
		this.windows.draw(this.history, view);
	}

	pause(on) {
		this.view.end = on ? this.history.known() : null;
		byId("pause").setAttribute("aria-pressed", String(on));
		this.ask();
	}

	zoom(span) {
		this.view.span = span;
		byId("span").value = String(span);
		this.ask();
	}

	move(part) {
		if (this.view.end === null)
			this.pause(true);
		this.view.end = Math.min(Math.max(this.view.end + part * this.view.span * 1e6, this.history.began), this.history.known());
		this.ask();
	}

	/* From mark to mark: what moves on is stopped first. */
	step(by) {
		if (this.view.end === null)
			this.pause(true);
		this.sequence.step(by);
	}

	onKey(event) {
		const at = SPANS.indexOf(this.view.span);
		const acts = {
			" ": () => this.pause(this.view.end === null),
			"ArrowLeft": () => this.move(-0.1),
			"ArrowRight": () => this.move(0.1),
			"ArrowUp": () => this.step(-1),
			"ArrowDown": () => this.step(1),
			"+": () => this.zoom(SPANS[Math.max(at - 1, 0)]),
			"=": () => this.zoom(SPANS[Math.max(at - 1, 0)]),
			"-": () => this.zoom(SPANS[Math.min(at + 1, SPANS.length - 1)]),
			"End": () => this.pause(false),
		};

		if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey)
			return;
		event.preventDefault();
		acts[event.key]();
	}
}

new Page().follow();
