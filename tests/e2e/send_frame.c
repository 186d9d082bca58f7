/* SPDX-License-Identifier: BSD-3-Clause */

/* Sends frames of any content through an interface, past the kernel's IP layer.
 *
 *      send_frame INTERFACE LENGTH FIRST_BYTE(hex) [LENGTH FIRST_BYTE]...
 *
 * In: arguments. Out: packets of LENGTH bytes on the interface, the first byte as
 * told, the others zero; "LENGTH ERRNO" on stdout for each that the kernel refuses. */

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv)
{
	static uint8_t frame[65536];
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP)};
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0);

	if (argc < 2 || fd < 0) {
		perror("send_frame");
		return 1;
	}
	to.sll_ifindex = (int)if_nametoindex(argv[1]);
	for (int i = 2; i + 1 < argc; i += 2) {
		size_t len = strtoul(argv[i], NULL, 10);

		frame[0] = (uint8_t)strtoul(argv[i + 1], NULL, 16);
		if (sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			printf("%zu %s\n", len, strerrorname_np(errno));
	}
	return 0;
}
