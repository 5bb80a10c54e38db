// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "keyfile.h"

/* A key in two hexadecimal digits an octet, with room for comments. */
#define FILE_MAX 16384

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int fail(struct keyfile_fault *fault, unsigned int line, const char *why)
{
	fault->line = line;
	fault->why = why;
	return -1;
}

/**
 * keyfile_parse - reads the text of a key file: hexadecimal digits, white space, # comments, 0x
 * before a word
 * @text: the text
 * @len: octets of it
 * @key: is set to the key; part of it may be there on failure
 * @fault: is set on failure
 *
 * Return: 0 or -1.
 */
int keyfile_parse(const char *text, size_t len, struct key *key, struct keyfile_fault *fault)
{
	bool half = false, comment = false, word = false;
	unsigned int line = 1, half_line = 0;
	size_t i;
	int digit;

	key->len = 0;
	for (i = 0; i < len; i++) {
		if (text[i] == '\n') {
			line++;
			comment = word = false;
		}
		if (comment || isspace((unsigned char)text[i])) {
			word = false;
			continue;
		}
		if (text[i] == '#') {
			comment = true;
			continue;
		}
		if (!word && text[i] == '0' && i + 1 < len &&
		    (text[i + 1] == 'x' || text[i + 1] == 'X')) {
			word = true;
			i++;
			continue;
		}
		word = true;
		digit = digit_value(text[i]);
		if (digit < 0)
			return fail(fault, line, "neither a hexadecimal digit nor a # comment");
		if (half) {
			key->octets[key->len++] |= digit;
		} else {
			if (key->len == sizeof(key->octets))
				return fail(fault, line, "longer than any key");
			key->octets[key->len] = digit << 4;
			half_line = line;
		}
		half = !half;
	}
	if (half)
		return fail(fault, half_line, "an odd number of hexadecimal digits");
	if (!key->len)
		return fail(fault, 0, "no hexadecimal digits in it");
	return 0;
}

/**
 * keyfile_name - how complaints call a key file
 * @path: its name on the command line
 * @to: where
 * @size: octets of @to
 *
 * Return: @to.
 */
const char *keyfile_name(const char *path, char *to, size_t size)
{
	if (!strcmp(path, "-"))
		snprintf(to, size, "key on standard input");
	else
		snprintf(to, size, "key file %s", path);
	return to;
}

static ssize_t read_all(int fd, char *to, size_t size)
{
	size_t used = 0;
	ssize_t got;

	do {
		got = read(fd, to + used, size - used);
		if (got > 0)
			used += got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	return got < 0 ? -1 : (ssize_t)used;
}

static void warn_if_readable(struct context *ctx, int fd, const char *name)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_mode & (S_IRGRP | S_IROTH))
		remark(ctx,
		       "%s can be read by others than its owner (mode %04o; chmod 600 is right)",
		       name, st.st_mode & 07777);
}

/**
 * keyfile_read - reads a key file
 * @ctx: the run
 * @path: its name, or - for standard input
 * @key: is set to the key; the caller wipes it with keyfile_wipe(), whatever is returned
 *
 * From here to keyfile_wipe() the process leaves no core dump.
 *
 * Return: EXIT_OK or EXIT_REFUSED.
 */
int keyfile_read(struct context *ctx, const char *path, struct key *key)
{
	struct keyfile_fault fault;
	char name[128], text[FILE_MAX];
	int fd, err = EXIT_OK;
	ssize_t len;

	keyfile_name(path, name, sizeof(name));
	key->len = 0;
	if (ctx->batch && !strcmp(ctx->batch, "-") && !strcmp(path, "-"))
		return complain(ctx, EXIT_REFUSED, NULL, "%s: the commands are there", name);
	prctl(PR_SET_DUMPABLE, 0);
	fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (fd < 0)
		return complain(ctx, EXIT_REFUSED, NULL, "%s: %s", name, strerror(errno));

	warn_if_readable(ctx, fd, name);
	len = read_all(fd, text, sizeof(text));
	if (len < 0)
		err = complain(ctx, EXIT_REFUSED, NULL, "%s: %s", name, strerror(errno));
	else if (len == sizeof(text))
		err = complain(ctx, EXIT_REFUSED, NULL, "%s: too long for a key file", name);
	else if (!keyfile_parse(text, len, key, &fault))
		err = EXIT_OK;
	else if (fault.line)
		err = complain(ctx, EXIT_REFUSED, NULL, "%s, line %u: %s", name, fault.line,
			       fault.why);
	else
		err = complain(ctx, EXIT_REFUSED, NULL, "%s: %s", name, fault.why);
	explicit_bzero(text, sizeof(text));
	if (fd != STDIN_FILENO)
		close(fd);
	return err;
}

/**
 * keyfile_wipe - forgets a key
 * @key: the key
 */
void keyfile_wipe(struct key *key)
{
	explicit_bzero(key, sizeof(*key));
	prctl(PR_SET_DUMPABLE, 1);
}
