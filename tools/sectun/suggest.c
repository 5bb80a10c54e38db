// SPDX-License-Identifier: MIT
#include <string.h>
#include "suggest.h"

#define WORD_MAX 32

static unsigned int smallest(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

/*
 * Insertions, deletions, replacements and swaps of neighbours between two words (optimal string
 * alignment).
 */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int rows[3][WORD_MAX + 1];
	unsigned int *before = rows[0], *above = rows[1], *row = rows[2], *spare;
	size_t i, j, len = strlen(b);

	for (j = 0; j <= len; j++)
		above[j] = j;
	for (i = 1; a[i - 1]; i++) {
		row[0] = i;
		for (j = 1; j <= len; j++) {
			row[j] = smallest(above[j] + 1, row[j - 1] + 1,
					  above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = smallest(row[j], row[j], before[j - 2] + 1);
		}
		spare = before;
		before = above;
		above = row;
		row = spare;
	}
	return above[len];
}

/**
 * suggest - finds the name nearest to a word
 * @word: what was typed
 * @names: what would have been right
 * @count: number of them
 *
 * Return: a name of which at most a third is different, or NULL.
 */
const char *suggest(const char *word, const char *const *names, size_t count)
{
	unsigned int best = WORD_MAX, d;
	const char *nearest = NULL;
	size_t i;

	if (strlen(word) > WORD_MAX)
		return NULL;
	for (i = 0; i < count; i++) {
		if (strlen(names[i]) > WORD_MAX)
			continue;
		d = distance(word, names[i]);
		if (d < best && d <= (strlen(names[i]) + 2) / 3) {
			best = d;
			nearest = names[i];
		}
	}
	return nearest;
}
