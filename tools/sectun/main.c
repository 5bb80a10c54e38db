// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>
#include "format.h"
#include "verb.h"

int main(int argc, char **argv)
{
	struct context ctx = { .out = stdout, .err = stderr, .colour = colour_wanted(stdout) };
	int code;

	(void)argc;
	code = command_run(&ctx, argv + 1);
	disconnect_kernel(&ctx);
	if ((fflush(stdout) || ferror(stdout)) && code == EXIT_OK)
		return complain(&ctx, EXIT_REFUSED, NULL, "cannot write: %s", strerror(errno));
	return code;
}
