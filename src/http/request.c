/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses the head of a request: llhttp tells the fields apart, then what they say
 * together is checked (RFC 9112 3.2, 6.1, 6.3). Input is a head whose lines have
 * been judged one by one, output a struct http_request or a refusal. Where llhttp
 * and http/lines.h disagree, even only about the number of fields, the request is
 * refused. Bodies are http/body.h's. */
#include "http/request_parse.h"

#include "http/target.h"

#include <errno.h>
#include <string.h>

/* ---- storage ---------------------------------------------------------- */

int http_request_init(struct http_request *request, const struct http_limits *limits,
	const struct evtcp_world *world)
{
	*request = (struct http_request){.max_fields = (unsigned)limits->fields};
	request->fields =
		world->alloc(world->arg, request->max_fields * sizeof(request->fields[0]));
	request->storage = world->alloc(world->arg, limits->line + 1);
	if (request->fields == NULL || request->storage == NULL) {
		http_request_free(request, world);
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

void http_request_free(struct http_request *request, const struct evtcp_world *world)
{
	world->free(world->arg, request->fields);
	world->free(world->arg, request->storage);
	request->fields = NULL;
	request->storage = NULL;
}

/* ---- what llhttp tells ------------------------------------------------- */

/* A field that is to stand there once at most: how often it does, and the last of them. */
struct request_told {
	unsigned n, last; /* last: in fields; nothing where n is 0 */
};

/* llhttp's `data` during a parse. */
struct request_parse {
	struct http_request *request;
	/* What the callbacks fill. */
	struct http_text target;
	unsigned n_fields; /* seen, even those that there is no room for */
	int name_complete; /* of the field at hand */
	unsigned chunked;  /* how it will read the body */
	uint64_t length;
	/* What the fields say to the server itself; close and keep of all Connection fields. */
	struct request_told host, coding, body_length, expectation;
	int close, keep;
};

/* llhttp may report one text in several pieces, which then adjoin. */
static void request_extend(struct http_text *text, const char *at, size_t len)
{
	if (text->len == 0)
		text->at = at;
	text->len += len;
}

static struct http_field *request_last_field(struct request_parse *parse)
{
	struct http_request *request = parse->request;

	return parse->n_fields > 0 && parse->n_fields <= request->max_fields
		       ? &request->fields[parse->n_fields - 1]
		       : NULL;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
	struct request_parse *parse = parser->data;

	request_extend(&parse->target, at, len);
	return 0;
}

static int on_field(llhttp_t *parser, const char *at, size_t len)
{
	struct request_parse *parse = parser->data;
	struct http_field *field;

	if (parse->n_fields == 0 || parse->name_complete) {
		parse->n_fields++;
		parse->name_complete = 0;
		field = request_last_field(parse);
		if (field != NULL)
			*field = (struct http_field){{"", 0}, {"", 0}};
	}
	field = request_last_field(parse);
	if (field != NULL)
		request_extend(&field->name, at, len);
	return 0;
}

static int on_field_complete(llhttp_t *parser)
{
	((struct request_parse *)parser->data)->name_complete = 1;
	return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
	struct http_field *field = request_last_field(parser->data);

	if (field != NULL)
		request_extend(&field->value, at, len);
	return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
	struct request_parse *parse = parser->data;

	parse->chunked = (parser->flags & F_CHUNKED) != 0;
	parse->length = parser->content_length;
	/* An Upgrade field is an offer that we do not take (RFC 9110 7.8): without
	 * this, llhttp would read no further request. */
	parser->upgrade = 0;
	return 0;
}

static const llhttp_settings_t request_settings = {
	.on_url = on_url,
	.on_header_field = on_field,
	.on_header_field_complete = on_field_complete,
	.on_header_value = on_value,
	.on_headers_complete = on_headers_complete,
};

/* ---- what the fields say together -------------------------------------- */

/* Looks at field i: is it one that says something to the server itself? */
static void request_note(struct request_parse *parse, unsigned i)
{
	const struct http_field *field = &parse->request->fields[i];
	struct request_told *told = NULL;

	if (http_text_equal_case(field->name, "Host")) {
		told = &parse->host;
	} else if (http_text_equal_case(field->name, "Transfer-Encoding")) {
		told = &parse->coding;
	} else if (http_text_equal_case(field->name, "Content-Length")) {
		told = &parse->body_length;
	} else if (http_text_equal_case(field->name, "Expect")) {
		told = &parse->expectation;
	} else if (http_text_equal_case(field->name, "Connection")) {
		parse->close |= http_text_lists(field->value, "close");
		parse->keep |= http_text_lists(field->value, "keep-alive");
	}
	if (told) {
		told->n++;
		told->last = i;
	}
}

/* What it says; it stands there. */
static struct http_text request_value(
	const struct http_request *request, const struct request_told *told)
{
	return request->fields[told->last].value;
}

/* RFC 9112 3.2: no Host, more than one or an invalid one is answered with 400. */
static enum http_refusal request_host(
	const struct http_request *request, const struct request_told *host)
{
	if (host->n > 1)
		return HTTP_REFUSAL_HOST_MANY;
	if (host->n == 0)
		return request->minor == 1 ? HTTP_REFUSAL_HOST_MISSING : HTTP_REFUSAL_NONE;
	return http_target_is_host(request_value(request, host)) ? HTTP_REFUSAL_NONE
								 : HTTP_REFUSAL_HOST;
}

/* RFC 9112 6.1 and 6.3 with nothing that they leave to choice: "chunked" once and
 * alone, or one plain number, never both. */
static enum http_refusal request_framing(
	struct http_request *request, const struct request_parse *parse)
{
	unsigned n_codings = parse->coding.n, n_lengths = parse->body_length.n;

	request->length = 0;
	if (n_codings > 0 && n_lengths > 0)
		return HTTP_REFUSAL_LENGTH_EXTRA;
	if (n_codings > 0 && request->minor == 0)
		return HTTP_REFUSAL_CODING_OLD;
	if (n_codings > 1 ||
		(n_codings > 0 &&
			!http_text_equal_case(request_value(request, &parse->coding), "chunked")))
		return HTTP_REFUSAL_CODING;
	if (n_lengths > 1)
		return HTTP_REFUSAL_LENGTH_EXTRA;
	if (n_lengths > 0 && http_text_number(request_value(request, &parse->body_length),
				     INT64_MAX, &request->length) < 0)
		return HTTP_REFUSAL_LENGTH;
	request->chunked = n_codings > 0;
	request->has_body = n_codings > 0 || request->length > 0;
	/* Both must read the body alike. */
	return parse->chunked == request->chunked && parse->length == request->length
		       ? HTTP_REFUSAL_NONE
		       : HTTP_REFUSAL_PARSER;
}

/* RFC 9110 10.1.1: 100-continue or 417; in HTTP/1.0 the field means nothing. */
static enum http_refusal request_expectation(
	struct http_request *request, const struct request_told *expectation)
{
	request->expects = 0;
	if (expectation->n == 0 || request->minor == 0)
		return HTTP_REFUSAL_NONE;
	if (expectation->n > 1 ||
		!http_text_equal_case(request_value(request, expectation), "100-continue"))
		return HTTP_REFUSAL_EXPECTATION;
	request->expects = request->has_body;
	return HTTP_REFUSAL_NONE;
}

static enum http_refusal request_target(struct http_request *request, struct http_text raw)
{
	struct http_target target;
	enum http_refusal refusal = http_target_parse(raw, request->verb, &target);

	if (refusal)
		return refusal;
	if (http_text_unescape(target.path, request->storage) < 0)
		return HTTP_REFUSAL_TARGET_ESCAPE;
	request->path = request->storage;
	request->query = target.query;
	return HTTP_REFUSAL_NONE;
}

/* ---- the head as a whole ------------------------------------------------ */

/* The request line as http/lines.h has read it. */
static void request_take_line(
	struct http_request *request, const char *at, const struct http_request_line *line)
{
	request->line = (struct http_text){at, line->len};
	request->verb = (enum http_verb)line->verb;
	request->minor = line->minor;
	request->n_fields = 0;
}

/* Refused what we thought well formed: where llhttp says more than "malformed", its
 * word is kept. */
static enum http_refusal request_llhttp_refusal(llhttp_errno_t error)
{
	switch (error) {
	case HPE_INVALID_URL:
		return HTTP_REFUSAL_TARGET;
	case HPE_INVALID_CONTENT_LENGTH:
		return HTTP_REFUSAL_LENGTH;
	case HPE_UNEXPECTED_CONTENT_LENGTH:
		return HTTP_REFUSAL_LENGTH_EXTRA;
	case HPE_INVALID_TRANSFER_ENCODING:
		return HTTP_REFUSAL_CODING;
	default:
		return HTTP_REFUSAL_PARSER;
	}
}

/* Shows the head to llhttp, which finds the fields, and compares what both have seen. */
static enum http_refusal request_llhttp(struct request_parse *parse, llhttp_t *parser,
	struct http_text text, const struct http_head *head)
{
	struct http_request *request = parse->request;
	unsigned n_fields = head->lines - 2u; /* first line and empty one */
	llhttp_errno_t error;

	llhttp_init(parser, HTTP_REQUEST, &request_settings);
	parser->data = parse;
	error = llhttp_execute(parser, text.at, text.len);
	parser->data = NULL;
	if (error != HPE_OK)
		return request_llhttp_refusal(error);
	if (parse->n_fields != n_fields || n_fields > request->max_fields)
		return HTTP_REFUSAL_PARSER;
	if (parse->target.at != text.at + head->request.target_at ||
		parse->target.len != head->request.target_len)
		return HTTP_REFUSAL_PARSER;
	request->n_fields = n_fields;
	for (unsigned i = 0; i < n_fields; i++) {
		struct http_field *field = &request->fields[i];

		field->value = http_text_trim(field->value);
		request_note(parse, i);
	}
	return HTTP_REFUSAL_NONE;
}

enum http_refusal http_request_parse(struct http_request *request, llhttp_t *parser,
	struct http_text text, const struct http_head *head)
{
	struct request_parse parse = {.request = request, .target = {"", 0}};
	enum http_refusal refusal;

	request_take_line(request, text.at, &head->request);
	refusal = request_llhttp(&parse, parser, text, head);
	if (!refusal)
		refusal = request_target(request, parse.target);
	if (!refusal)
		refusal = request_host(request, &parse.host);
	if (!refusal)
		refusal = request_framing(request, &parse);
	if (!refusal)
		refusal = request_expectation(request, &parse.expectation);
	/* RFC 9112 9.3: whether the client wants to go on. */
	request->keep_alive = !parse.close && (parse.keep || request->minor == 1);
	return refusal;
}

/* ---- for handlers ------------------------------------------------------- */

struct http_text http_request_field(const struct http_request *request, const char *name)
{
	for (unsigned i = 0; i < request->n_fields; i++)
		if (http_text_equal_case(request->fields[i].name, name))
			return request->fields[i].value;
	return (struct http_text){NULL, 0};
}

/* Unescapes text into value, or says that it does not fit or is malformed. */
static int request_query_value(struct http_text text, char *value, size_t size)
{
	return text.len < size && http_text_unescape(text, value) >= 0 ? 1 : -1;
}

int http_request_query(
	const struct http_request *request, const char *name, char *value, size_t size)
{
	struct http_text rest = request->query;
	size_t name_len = strlen(name);
	int found = 0;

	while (rest.len > 0) {
		const char *amp = memchr(rest.at, '&', rest.len);
		struct http_text pair = {rest.at, amp ? (size_t)(amp - rest.at) : rest.len};
		size_t used = pair.len + (amp != NULL);

		rest.at += used;
		rest.len -= used;
		if (pair.len <= name_len || memcmp(pair.at, name, name_len) != 0 ||
			pair.at[name_len] != '=')
			continue;
		pair.at += name_len + 1;
		pair.len -= name_len + 1;
		if (found || request_query_value(pair, value, size) < 0)
			return -1;
		found = 1;
	}
	return found;
}
