// SPDX-License-Identifier: MIT
/*
 * Packets for the benchmark, with as little of a program around them as can be.
 *
 *	blast sink ADDRESS PORT			takes packets and throws them away unread; prints "ready"
 *	blast echo ADDRESS PORT			sends back what comes; prints "ready"
 *	blast send ADDRESS PORT LENGTH COUNT	sends COUNT packets; prints nanoseconds for one
 *	blast ping ADDRESS PORT LENGTH COUNT	sends COUNT packets, each after the answer to the last; likewise
 *
 * LENGTH is that of the IPv4 packet. A few packets go ahead and are not timed.
 */
#include <arpa/inet.h>
#include <err.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEADERS_LEN 28 /* IPv4 and UDP */
#define WARM_UP 100

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * UINT64_C(1000000000) + time.tv_nsec;
}

/* A UDP socket, bound to the address or connected to it. */
static int udp_socket(const char *address, const char *port,
		      int (*attach)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (inet_pton(AF_INET, address, &name.sin_addr) != 1)
		errx(2, "%s: not an IPv4 address", address);
	if (sock < 0 || attach(sock, (const struct sockaddr *)&name, sizeof(name)))
		err(1, "%s", address);
	return sock;
}

static void serve_sink(int sock)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog filter = { .len = 1, .filter = &nothing };

	if (setsockopt(sock, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)))
		err(1, "filter");
	puts("ready");
	fflush(stdout);
	pause();
}

static void serve_echo(int sock)
{
	static uint8_t packet[65536];
	struct sockaddr_in peer;
	socklen_t peer_len;
	ssize_t len;

	puts("ready");
	fflush(stdout);
	for (;;) {
		peer_len = sizeof(peer);
		len = recvfrom(sock, packet, sizeof(packet), 0, (struct sockaddr *)&peer, &peer_len);
		if (len >= 0)
			sendto(sock, packet, len, 0, (struct sockaddr *)&peer, peer_len);
	}
}

static void exchange(int sock, size_t len, bool answered)
{
	static uint8_t packet[65536];

	if (send(sock, packet, len, 0) < 0 || (answered && recv(sock, packet, sizeof(packet), 0) < 0))
		err(1, "packet of %zu octets", len + HEADERS_LEN);
}

static void measure(int sock, size_t len, unsigned int count, bool answered)
{
	unsigned int i;
	uint64_t start;

	for (i = 0; i < WARM_UP; i++)
		exchange(sock, len, answered);
	start = now();
	for (i = 0; i < count; i++)
		exchange(sock, len, answered);
	printf("%.1f\n", (double)(now() - start) / count);
}

int main(int argc, char *argv[])
{
	const char *verb = argc > 3 ? argv[1] : "";

	if (argc == 4 && !strcmp(verb, "sink"))
		serve_sink(udp_socket(argv[2], argv[3], bind));
	else if (argc == 4 && !strcmp(verb, "echo"))
		serve_echo(udp_socket(argv[2], argv[3], bind));
	else if (argc == 6 && (!strcmp(verb, "send") || !strcmp(verb, "ping")))
		measure(udp_socket(argv[2], argv[3], connect), atoi(argv[4]) - HEADERS_LEN, atoi(argv[5]),
			!strcmp(verb, "ping"));
	else
		errx(2, "usage: blast sink|echo ADDRESS PORT, blast send|ping ADDRESS PORT LENGTH COUNT");
	return 0;
}
