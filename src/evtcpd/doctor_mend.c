/* SPDX-License-Identifier: BSD-3-Clause */
/* From a remedy to a command line that can be copied: what root must type is marked so for who is
 * not root, and what is to be asked of the daemon instead becomes its command line, made of the
 * options that --doctor looks at. */

#include "evtcpd/address.h"
#include "evtcpd/doctor.h"

#include <stdarg.h>
#include <string.h>

struct doctor_line {
	char *text;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) static void doctor_add(
	struct doctor_line *line, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(line->text + line->len, line->size - line->len, format, arguments);
	va_end(arguments);
	line->len += (size_t)n;
	if (line->len >= line->size)
		line->len = line->size - 1;
}

/* ---- the daemon's command line ---------------------------------------------------- */

static int doctor_is_usual(const struct evtcp_tun_address *address)
{
	static const char *const usual[] = {"10.0.0.2/24", "fd00:e7::2/64"};
	struct evtcp_tun_address other;
	int found = 0;

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		address_parse_prefix(usual[i], &other);
		found |= address_equal(address, &other) && address->prefix_len == other.prefix_len;
	}
	return found;
}

static void doctor_add_addresses(struct doctor_line *line, const struct evtcp_tun_config *tun)
{
	char text[ADDRESS_TEXT];
	int usual = 1;

	for (unsigned i = 0; i < tun->n_own; i++)
		usual &= doctor_is_usual(&tun->own[i]);
	for (unsigned i = 0; i < tun->n_own && !usual; i++)
		doctor_add(line, " -a %s/%u", address_format(&tun->own[i], text, sizeof(text)),
			tun->own[i].prefix_len);
}

/* Those of the kernel's side that are not what the daemon would choose, and still in a prefix. */
static void doctor_add_hosts(struct doctor_line *line, const struct evtcp_tun_config *tun)
{
	for (unsigned h = 0; h < tun->n_host; h++) {
		for (unsigned i = 0; i < tun->n_own; i++) {
			struct evtcp_tun_address chosen;
			char text[ADDRESS_TEXT];

			if (!address_in_prefix(&tun->host[h], &tun->own[i]))
				continue;
			if (address_first_host(&tun->own[i], tun->n_own - i, &chosen) < 0 ||
				!address_equal(&chosen, &tun->host[h]))
				doctor_add(line, " -g %s",
					address_format(&tun->host[h], text, sizeof(text)));
			break;
		}
	}
}

/* A word as a shell takes it. */
static void doctor_add_word(struct doctor_line *line, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./:,=@%+-";

	if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
		doctor_add(line, " %s", word);
		return;
	}
	doctor_add(line, " '");
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			doctor_add(line, "'\\''");
		else
			doctor_add(line, "%c", *word);
	}
	doctor_add(line, "'");
}

static void doctor_add_command(struct doctor_line *line, char *const *command)
{
	if (command == NULL)
		return;
	doctor_add(line, " --");
	for (; *command != NULL; command++)
		doctor_add_word(line, *command);
}

static void doctor_add_daemon(struct doctor_line *line, const struct options *options)
{
	const struct evtcp_tun_config *tun = &options->tun;

	doctor_add(line, "evtcpd");
	if (strcmp(tun->name, "tun0") != 0) {
		doctor_add(line, " -i");
		doctor_add_word(line, tun->name);
	}
	doctor_add_addresses(line, tun);
	doctor_add_hosts(line, tun);
	for (unsigned i = 0; i < options->n_ports; i++) {
		if (options->n_ports > 1 || options->ports[i] != 80)
			doctor_add(line, " -p %u", options->ports[i]);
	}
	if (tun->mtu != 1500)
		doctor_add(line, " --mtu %u", tun->mtu);
	if (tun->no_offload)
		doctor_add(line, " --no-offload");
	if (options->workers > 1)
		doctor_add(line, " --workers %u", options->workers);
	doctor_add_command(line, options->command);
}

/* ---- remedies ----------------------------------------------------------------------- */

static void doctor_add_root(struct doctor_line *line, const char *command, int is_root)
{
	if (command[0] == '\0')
		return;
	if (is_root)
		doctor_add(line, "%s", command);
	else if (strstr(command, " && ") != NULL)
		doctor_add(line, "sudo sh -c '%s'", command);
	else
		doctor_add(line, "sudo %s", command);
}

/* The daemon's command line, changed as the remedy says; none if it names nothing instead. */
static void doctor_add_changed(struct doctor_line *line, const struct options *options,
	const struct evtcp_tun_finding *finding)
{
	struct options changed = *options;

	if (finding->remedy != EVTCP_TUN_REMEDY_NO_OFFLOAD && finding->mend[0] == '\0')
		return;
	if (finding->remedy == EVTCP_TUN_REMEDY_NAME)
		changed.tun.name = finding->mend;
	else if (finding->remedy == EVTCP_TUN_REMEDY_NO_OFFLOAD)
		changed.tun.no_offload = 1;
	else
		address_parse_prefix(finding->mend, &changed.tun.own[finding->own]);
	doctor_add_daemon(line, &changed);
}

char *doctor_mend(const struct options *options, const struct evtcp_tun_finding *finding,
	int is_root, char text[DOCTOR_MEND])
{
	struct doctor_line line = {.text = text, .size = DOCTOR_MEND};

	text[0] = '\0';
	switch (finding->remedy) {
	case EVTCP_TUN_REMEDY_NONE:
		break;
	case EVTCP_TUN_REMEDY_COMMAND:
		doctor_add_root(&line, finding->mend, is_root);
		break;
	case EVTCP_TUN_REMEDY_ROOT:
		doctor_add(&line, is_root ? "" : "sudo ");
		doctor_add_daemon(&line, options);
		break;
	default:
		doctor_add_changed(&line, options, finding);
	}
	return text;
}
