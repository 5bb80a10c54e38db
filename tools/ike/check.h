/* SPDX-License-Identifier: MIT */
/* Is the configuration right, and would a peer of a kind accept it? Before anything is sent. */
#ifndef IKE_CHECK_H
#define IKE_CHECK_H

#include <stdbool.h>
#include <stdio.h>

/**
 * struct ike_check - what to check
 * @directory: configuration files
 * @name: one peer of them, or a file of another place if it has a / in it; NULL: all
 * @against: kind of peer: windows, azure, aws, apple or android; NULL: none
 * @json: answer in JSON
 */
struct ike_check {
	const char *directory;
	const char *name;
	const char *against;
	bool json;
};

/**
 * ike_check_run - checks
 * @check: what
 * @out: where answers go
 * @err: where complaints go
 *
 * Return: 0: all is well; 1: it is not; 2: the words are wrong.
 */
int ike_check_run(const struct ike_check *check, FILE *out, FILE *err);

#endif
