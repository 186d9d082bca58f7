/* SPDX-License-Identifier: BSD-3-Clause */

/* Fuzz target of who reads captures: evtcp-ladder from file to page, list and picture.
 *
 * In: a byte that chooses how it is drawn, then a capture file. Out: nothing, or an abort. Beyond
 * "no crash": reading ends, whatever the file says; each line that is drawn is UTF-8 without
 * control characters and no longer than it may be; the picture has no character that would end its
 * text; and what is held in memory is not more than so many times the file. */

#include "fuzz/target.h"

#include "ladder/list.h"
#include "ladder/rungs.h"
#include "ladder/svg.h"
#include "util/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 1024, MEMORY_PER_BYTE = 200, MEMORY_AT_LEAST = 1 << 19 };

struct file {
	const uint8_t *bytes;
	size_t len, at;
	size_t held; /* bytes of memory, at most so far */
};

static ptrdiff_t file_read(void *arg, void *bytes, size_t len)
{
	struct file *file = arg;
	size_t n = file->len - file->at < len ? file->len - file->at : len;

	memcpy(bytes, file->bytes + file->at, n);
	file->at += n;
	return (ptrdiff_t)n;
}

static void *file_alloc(void *arg, size_t size)
{
	((struct file *)arg)->held += size;
	return malloc(size);
}

/* Counts what is given back as held still: blocks double, so that is a factor of two. */
static void *file_realloc(void *arg, void *ptr, size_t size)
{
	((struct file *)arg)->held += size;
	return realloc(ptr, size);
}

static void file_free(void *arg, void *ptr)
{
	(void)arg;
	free(ptr);
}

static void check_line(void *arg, const char *line)
{
	size_t len = strlen(line), n;
	uint32_t code;

	(void)arg;
	require(len < LINE_MAX_BYTES);
	for (size_t at = 0; at < len; at += n) {
		n = utf8_decode(line + at, len - at, &code);
		require(n > 0 && code >= ' ' && (code < 0x7f || code >= 0xa0));
	}
}

/* Shows each segment to the page and to the graph. */
struct both {
	struct rungs rungs;
	struct graph graph;
};

static void both_show(void *arg, const struct rung *rung)
{
	struct both *both = arg;

	rungs_show(&both->rungs, rung);
	graph_show(&both->graph, rung);
}

static void both_error(void *arg, struct connection *connection, const struct icmp_error *error,
	bool outbound, uint64_t at_us)
{
	struct both *both = arg;

	rungs_show_error(&both->rungs, connection, error, outbound, at_us);
}

/* A stranger's text stands between tags only; there are numbers in them, and those are finite. */
static void check_tags(const char *text)
{
	for (const char *tag = strchr(text, '<'); tag; tag = strchr(tag + 1, '<')) {
		const char *end = strchr(tag, '>');

		require(end != NULL);
		for (; tag < end; tag++)
			require(strncmp(tag, "nan", 3) != 0 && strncmp(tag, "inf", 3) != 0);
	}
}

static void check_picture(const struct graph *graph, bool outbound)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	svg_write(file, graph, outbound);
	fclose(file);
	for (const char *c = text; *c; c++)
		require(*c == '\n' || *c == '\t' || (unsigned char)*c >= ' ');
	check_tags(text);
	free(text);
}

static void check_list(const struct connections *connections)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	list_print(file, connections);
	fclose(file);
	free(text);
}

static void follow_all(struct file *file, const struct evtcp_world *world, struct follow *follow)
{
	const struct pcap_source source = {file_read, file};
	struct pcap_reader *reader = pcap_reader_new(&source, world);
	struct pcap_packet packet;
	enum pcap_status status;
	size_t n = 0;

	while ((status = pcap_reader_next(reader, &packet)) == PCAP_PACKET) {
		follow_packet(follow, &packet, pcap_reader_is_evtcp(reader));
		require(++n <= file->len); /* no packet is made of nothing */
	}
	require(pcap_reader_next(reader, &packet) == status);
	if (status != PCAP_END)
		check_line(NULL, pcap_reader_error(reader));
	require(pcap_reader_error_at(reader) <= file->len);
	pcap_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	uint8_t how = size > 0 ? input[0] : 0;
	struct file file = {.bytes = input + (size > 0), .len = size - (size > 0)};
	struct evtcp_world world = *evtcp_world_system();
	struct both *both = calloc(1, sizeof(*both));
	const struct view view = {both_show, both_error, both};
	struct follow follow;

	world.alloc = file_alloc;
	world.realloc = file_realloc;
	world.free = file_free;
	world.arg = &file;
	ladder_page_init(&both->rungs.page, check_line, NULL);
	both->rungs.page.look = ladder_look_fit(how, 56);
	both->rungs.page.look.ascii = how & 1;
	both->rungs.page.time = (enum ladder_time)(how % 3);
	graph_init(&both->graph, &world, how % 4);
	follow_init(&follow, &view, &world);
	follow.ascii_only = how & 1;
	follow_all(&file, &world, &follow);
	require(!follow.out_of_memory && !both->graph.out_of_memory);
	check_picture(&both->graph, how & 2);
	check_list(&follow.connections);
	require(file.held <= MEMORY_AT_LEAST + MEMORY_PER_BYTE * file.len);
	graph_free(&both->graph);
	follow_free(&follow);
	free(both);
	return 0;
}

// clang-format off
#define ADDRESSES 10,0,0,1, 10,0,0,2
#define BACK 10,0,0,2, 10,0,0,1
#define IP(len, ends) 0x45,0,0,len, 0,1,0x40,0, 64,6,0,0, ends
#define TCP(seq, ack, offset, flags) \
	0x9c,0x40,0,80, 0,0,0,seq, 0,0,0,ack, (offset) << 4,flags,1,2, 0,0,0,0
#define TCP_BACK(seq, ack, offset, flags) \
	0,80,0x9c,0x40, 0,0,0,seq, 0,0,0,ack, (offset) << 4,flags,1,2, 0,0,0,0

#define RECORD(ms, len) ms,0,0,0, 0,0,0,0, len,0,0,0, len,0,0,0

static const uint8_t classic[] = {
	80,
	0xd4,0xc3,0xb2,0xa1, 2,0,4,0, 0,0,0,0,0,0,0,0, 255,255,0,0, 1,0,0,0,
	RECORD(1, 82), 1,2,3,4,5,6, 7,8,9,10,11,12, 0x81,0,0,7, 8,0, IP(64, ADDRESSES),
		TCP(1, 0, 11, 0x02), 2,4,5,180, 4,2, 8,10,0,0,0,1,0,0,0,0, 1,3,3,7, 0,0,0,0,
	RECORD(2, 54), 1,2,3,4,5,6, 7,8,9,10,11,12, 8,0, IP(40, BACK), TCP_BACK(9, 2, 5, 0x12),
	RECORD(3, 59), 1,2,3,4,5,6, 7,8,9,10,11,12, 8,0, IP(45, ADDRESSES),
		TCP(2, 10, 5, 0x18), 'h','e','l','l','o',
	RECORD(4, 59), 1,2,3,4,5,6, 7,8,9,10,11,12, 8,0, IP(45, ADDRESSES),
		TCP(2, 10, 5, 0x18), 'h','e','l','l','o',
	RECORD(4, 70), 1,2,3,4,5,6, 7,8,9,10,11,12, 8,0,
		0x45,0,0,56, 0,0,0,0, 64,1,0,0, 10,0,0,9, 10,0,0,1, 3,4,0,0,0,0,5,0,
		IP(45, ADDRESSES), 0x9c,0x40,0,80, 0,0,0,2,
	RECORD(5, 74), 1,2,3,4,5,6, 7,8,9,10,11,12, 8,0, IP(60, BACK),
		TCP_BACK(10, 7, 10, 0x10), 1,1,5,18, 0,0,0,20,0,0,0,30, 0,0,0,40,0,0,0,50,
};

#define BLOCK(type, len) type,0,0,0, len,0,0,0
#define END(len) len,0,0,0
#define SECTION 0x0a,0x0d,0x0d,0x0a, 40,0,0,0, 0x4d,0x3c,0x2b,0x1a, 1,0,0,0, \
	255,255,255,255,255,255,255,255, 4,0,5,0,'e','v','t','c','p',0,0,0, END(40)

static const uint8_t ng[] = {
	3,
	SECTION,
	BLOCK(1, 40), 101,0,0,0, 0,0,0,0, 2,0,4,0,'w','i','r','e', 9,0,1,0,6,0,0,0, 0,0,0,0, END(40),
	BLOCK(1, 32), 0,0,0,0, 0,0,0,0, 2,0,7,0,'d','r','o','p','p','e','d',0, END(32),
	BLOCK(6, 96), 0,0,0,0, 0,0,0,0, 1,0,0,0, 40,0,0,0, 40,0,0,0, IP(40, ADDRESSES),
		TCP(1, 0, 5, 0x02), 1,0,8,0,'a','c','c','e','p','t','e','d', 2,0,4,0,1,0,0,0,
		0,0,0,0, END(96),
	BLOCK(6, 104), 1,0,0,0, 0,0,0,0, 9,0,0,0, 45,0,0,0, 45,0,0,0, 2,0,0,0, IP(41, BACK),
		TCP_BACK(2, 2, 5, 0x18), 'x', 0,0,0,
		1,0,20,0,'s','e','n','t',':',' ','R','T','O',' ','a','f','t','e','r',' ','9',' ','m','s',
		END(104),
	BLOCK(3, 60), 44,0,0,0, IP(44, ADDRESSES), TCP(9, 2, 5, 0x10), 1,2,3,4, END(60),
	BLOCK(2, 72), 0,0,0,0, 0,0,0,0, 9,0,0,0, 40,0,0,0, 40,0,0,0, IP(40, ADDRESSES),
		TCP(1, 0, 5, 0x04), END(72),
};
// clang-format on

const struct fuzz_seed fuzz_seeds[] = {
	{classic, sizeof(classic)},
	{ng, sizeof(ng)},
	{NULL, 0},
};
