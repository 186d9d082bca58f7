/* SPDX-License-Identifier: BSD-3-Clause */

/* What a seed has decided, told in lines.
 *
 * In: a scenario. Out: text. Times are in milliseconds, chances in parts per
 * million. */

#include "describe.h"

#include <inttypes.h>

static double ms(uint64_t us)
{
	return (double)us / 1000;
}

static const char *describe_ecn(const struct evtcp_tcp_options *options)
{
	static const char *const texts[2][3] = {
		{"", ", ECN", ", asks for ECN"}, {"", ", accurate ECN", ", asks for accurate ECN"}};

	return texts[options->accurate_ecn][options->ecn];
}

static void describe_host(const struct host_plan *host, int index, FILE *to)
{
	const struct evtcp_stack_config *c = &host->config;

	fprintf(to,
		"host %d: %s, mtu %u%s%s%s%s%s, buffers %u to %u in %u to %u out, msl %g, rto %g "
		"to "
		"%g, "
		"delayed ack "
		"%g, "
		"%u half open, %u ranges, %u records, %u retries, %u awake, clock %" PRIu64 "\n",
		index, c->cc, host->mtu, host->offload ? ", offload" : "",
		c->tcp_options.window_scale ? ", window scale" : "",
		c->tcp_options.timestamps ? ", timestamps" : "",
		c->tcp_options.sack ? ", sack" : "", describe_ecn(&c->tcp_options),
		c->limits.receive_buffer, c->limits.receive_buffer_max, c->limits.send_buffer,
		c->limits.send_buffer_max, ms(c->msl_us), ms(c->rto_min_us), ms(c->rto_max_us),
		ms(c->delayed_ack_us), c->limits.half_open, c->limits.out_of_order,
		c->limits.records, c->limits.retries, c->limits.awake, host->clock_origin_us);
}

/* What --impair would be told to do the same. */
static void describe_way(const struct emulator_config *link, int index, FILE *to)
{
	struct evtcp_impair_spec spec = {.ways = {link->way, link->way}, .seed = 1};
	char text[EVTCP_IMPAIR_TEXT];

	fprintf(to, "way from %d: %s", index, evtcp_impair_format(&spec, text, sizeof(text)));
	for (int i = 0; i < EMULATOR_OUTAGES; i++) {
		if (link->outages[i].until_us)
			fprintf(to, ", out %g to %g", ms(link->outages[i].from_us),
				ms(link->outages[i].until_us));
	}
	for (int i = 0; i < EMULATOR_SPIKES; i++) {
		const struct emulator_spike *spike = &link->spikes[i];

		if (spike->until_us)
			fprintf(to, ", %g more from %g to %g", ms(spike->extra_us),
				ms(spike->from_us), ms(spike->until_us));
	}
	fputc('\n', to);
}

static void describe_disturbances(const struct scenario *s, FILE *to)
{
	static const char *const hosts[] = {"nobody", "host 0", "host 1", "both hosts"};

	for (int i = 0; i < SCENARIO_PAUSES; i++) {
		const struct pause_plan *pause = &s->pauses[i];

		if (pause->hosts)
			fprintf(to, "%s %s from %g to %g%s\n", hosts[pause->hosts],
				pause->asleep ? "sleeps" : "stops", ms(pause->from_us),
				ms(pause->until_us), pause->timers_first ? ", timers first" : "");
	}
	for (int i = 0; i < 2; i++) {
		if (s->leaps[i].by_us)
			fprintf(to, "the clock of host %d leaps at %g by %g\n", i,
				ms(s->leaps[i].at_us), ms(s->leaps[i].by_us));
	}
}

static void describe_app(const struct app_plan *app, FILE *to)
{
	static const char *const endings[] = {
		"closes", "closes last", "frees at once", "frees early", "aborts"};

	fprintf(to, "   writes %" PRIu64 " by %u", app->total, app->write_max);
	if (app->write_pause_percent)
		fprintf(to, " (pauses %u%% of %g)", app->write_pause_percent,
			ms(app->write_pause_us));
	fprintf(to, ", reads by %u", app->read_max);
	if (app->read_pause_percent)
		fprintf(to, " (pauses %u%% of %g)", app->read_pause_percent,
			ms(app->read_pause_us));
	fprintf(to, "%s%s%s%s%s", app->by_socket_calls ? ", socket calls" : "",
		app->gates ? ", gates" : "", app->corks ? ", corks" : "",
		app->works_in_callbacks ? ", in callbacks" : "", app->nodelay ? ", nodelay" : "");
	if (app->hold_us)
		fprintf(to, ", holds %g", ms(app->hold_us));
	if (app->keepalive_us)
		fprintf(to, ", keepalive %g x %u", ms(app->keepalive_us), app->keepalive_probes);
	if (app->user_timeout_us)
		fprintf(to, ", user timeout %g", ms(app->user_timeout_us));
	fprintf(to, ", %s", endings[app->ending]);
	if (app->ending == APP_FREES_EARLY || app->ending == APP_ABORTS)
		fprintf(to, " after %" PRIu64, app->ending_after);
	fputc('\n', to);
}

void describe_scenario(const struct scenario *s, FILE *to)
{
	fprintf(to, "seed %" PRIu64 ", %s, IPv%d: heals at %g, batches of %u\n", s->seed,
		profile_name(s->profile), s->hosts[0].ipv6 ? 6 : 4, ms(s->heals_at_us),
		s->batch_max);
	for (int i = 0; i < 2; i++)
		describe_host(&s->hosts[i], i, to);
	for (int i = 0; i < 2; i++)
		describe_way(&s->ways[i], i, to);
	if (s->path_mtu)
		fprintf(to, "path: mtu %u%s\n", s->path_mtu, s->path_silent ? ", silent" : "");
	describe_disturbances(s, to);
	if (s->restart_at_us)
		fprintf(to, "host 1 restarts at %g\n", ms(s->restart_at_us));
	for (unsigned i = 0; i < s->n_dialogues; i++) {
		const struct dialogue_plan *d = &s->dialogues[i];

		fprintf(to, "connection %u: ports %u, %u, %s at %g%s%s\n", i, d->ports[0],
			d->ports[1],
			d->opener == OPENER_BOTH ? "both open"
			: d->opener == OPENER_0  ? "0 opens"
						 : "1 opens",
			ms(d->opens_at_us), d->after >= 0 ? " after the one before" : "",
			d->refused ? ", refused" : "");
		describe_app(&d->ends[0], to);
		describe_app(&d->ends[1], to);
	}
}
