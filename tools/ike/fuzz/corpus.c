// SPDX-License-Identifier: MIT
/*
 * Runs a fuzz target without a fuzzer: over every input of a directory; and, without the option -1,
 * over each cut short everywhere, and over each with one octet changed, in a few ways, everywhere.
 */
#include <dirent.h>
#include <stdbool.h>
#include <string.h>
#include "fuzz.h"

/** INPUT_MAX - octets of the largest input */
#define INPUT_MAX 4096

static size_t runs;
static bool once;

/* The input lies at the end of its memory, so that a step beyond it is noticed. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *exact = malloc(size ? size : 1);

	must(exact);
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	runs++;
}

static void run_around(uint8_t *data, size_t size)
{
	static const uint8_t changes[] = { 0x01, 0x80, 0xff };
	size_t at, i;

	run(data, size);
	for (at = 0; !once && at < size; at++) {
		run(data, at);
		for (i = 0; i < sizeof(changes); i++) {
			data[at] ^= changes[i];
			run(data, size);
			data[at] ^= changes[i];
		}
	}
}

static size_t run_file(const char *directory, const char *name)
{
	static uint8_t data[INPUT_MAX];
	char path[512];
	size_t size;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "rb");
	must(file);
	size = fread(data, 1, sizeof(data), file);
	must(!ferror(file) && size < sizeof(data));
	fclose(file);
	run_around(data, size);
	return 1;
}

int main(int argc, char **argv)
{
	size_t inputs = 0;
	struct dirent *entry;
	DIR *directory;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-1")) {
			once = true;
			continue;
		}
		directory = opendir(argv[i]);
		if (!directory) {
			fprintf(stderr, "%s: there is no such corpus\n", argv[i]);
			return 1;
		}
		while ((entry = readdir(directory))) {
			if (entry->d_name[0] != '.')
				inputs += run_file(argv[i], entry->d_name);
		}
		closedir(directory);
	}
	if (!inputs) {
		fprintf(stderr, "there is no input\n");
		return 1;
	}
	printf("%s: %zu inputs, %zu runs\n", argv[argc - 1], inputs, runs);
	return 0;
}
