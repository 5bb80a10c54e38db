// SPDX-License-Identifier: MIT
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "check.h"
#include "crypt.h"
#include "probe.h"
#include "process.h"

#define DIRECTORY "/etc/sectun"
#define STATE "/run/sectun"
#define SOCKET STATE "/ike.sock"
#define EMPTY STATE "/empty"
#define USER "sectun-ike"

/* Exit status of a wrong command line, as the sectun command has it. */
#define EXIT_USAGE 2
#define PACE_MAX 60000U

static const char usage[] =
	"usage: sectun-ike [--config DIR] [--socket PATH] [--user NAME]\n"
	"       sectun-ike --check [FILE|NAME] [--against KIND] [--json]\n"
	"       sectun-ike --probe ADDRESS [--pace MS] [--json]\n"
	"       sectun-ike --version | --help\n"
	"\n"
	"Keys for sectun tunnels, by IKEv2. Stays in the foreground.\n"
	"  --config DIR    configuration files (" DIRECTORY ")\n"
	"  --socket PATH   control socket (" SOCKET ")\n"
	"  --user NAME     user of the processes that are confined (" USER ")\n"
	"  --check         reads the configuration, says what is wrong with it, and ends\n"
	"  --against KIND  what would windows, azure, aws, apple or android agree on\n"
	"  --probe ADDRESS asks a gateway what it accepts, and ends\n"
	"  --pace MS       milliseconds between two questions (500)\n";

enum { OPTION_CONFIG = 256, OPTION_SOCKET, OPTION_USER, OPTION_CHECK, OPTION_AGAINST, OPTION_JSON, OPTION_PROBE,
       OPTION_PACE,       OPTION_VERSION, OPTION_HELP };

static const struct option options_known[] = {
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "socket", required_argument, NULL, OPTION_SOCKET },
	{ "user", required_argument, NULL, OPTION_USER },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "against", required_argument, NULL, OPTION_AGAINST },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "probe", required_argument, NULL, OPTION_PROBE },
	{ "pace", required_argument, NULL, OPTION_PACE },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

static int fail(const char *what, int err)
{
	fprintf(stderr, "sectun-ike: %s: %s\n", what, strerror(-err));
	return EXIT_FAILURE;
}

/* A confined process: closes the ends that are not its own, gives up the rest, and runs. */
static _Noreturn void child(struct ike_process_ends *ends, const struct ike_confine *confine,
			    enum ike_role role)
{
	const char *step;
	int err;

	/* What a terminal sends is for the parent, which ends the others. */
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	prctl(PR_SET_NAME, role == IKE_ROLE_KEY ? "ike-key" : "ike-protocol");
	err = ike_confine_enter(confine, role, &step);
	if (err) {
		fprintf(stderr, "sectun-ike: confinement: %s: %s\n", step, strerror(-err));
		_exit(EXIT_FAILURE);
	}
	if (role == IKE_ROLE_KEY)
		_exit(ike_keyproc_run(ends));
	_exit(ike_protocol_run(ends));
}

static int start(const struct ike_options *options, const struct ike_confine *confine,
		 struct ike_config *config)
{
	struct ike_process_ends parent = { 0 }, protocol = { 0 }, key = { 0 };
	const char *step;
	pid_t pid;
	int err;

	err = ike_ipc_pair(&parent.protocol, &protocol.parent);
	if (!err)
		err = ike_ipc_pair(&parent.key, &key.parent);
	if (!err)
		err = ike_ipc_pair(&protocol.key, &key.protocol);
	if (err)
		return fail("socketpair", err);

	pid = fork();
	if (pid < 0)
		return fail("fork", -errno);
	if (!pid) {
		ike_ipc_close(&parent.protocol);
		ike_ipc_close(&parent.key);
		ike_ipc_close(&protocol.parent);
		ike_ipc_close(&protocol.key);
		child(&key, confine, IKE_ROLE_KEY);
	}
	pid = fork();
	if (pid < 0)
		return fail("fork", -errno);
	if (!pid) {
		ike_ipc_close(&parent.protocol);
		ike_ipc_close(&parent.key);
		ike_ipc_close(&key.parent);
		ike_ipc_close(&key.protocol);
		child(&protocol, confine, IKE_ROLE_PROTOCOL);
	}
	ike_ipc_close(&protocol.parent);
	ike_ipc_close(&protocol.key);
	ike_ipc_close(&key.parent);
	ike_ipc_close(&key.protocol);
	err = ike_confine_enter(confine, IKE_ROLE_PARENT, &step);
	if (err)
		return fail(step, err);
	return ike_parent_run(&parent, options, config);
}

static int run(const struct ike_options *options)
{
	struct ike_confine confine = { .directory = EMPTY };
	struct ike_config_fault fault;
	struct ike_config config;
	char text[640];
	int err;

	if (geteuid()) {
		fputs("sectun-ike: has to be started by root\n", stderr);
		return EXIT_FAILURE;
	}
	err = ike_config_load(options->directory, &config, &fault);
	if (err) {
		fprintf(stderr, "sectun-ike: %s\n",
			ike_config_fault_text(&fault, text, sizeof(text)));
		return EXIT_FAILURE;
	}
	if (mkdir(STATE, 0755) && errno != EEXIST)
		return fail(STATE, -errno);
	err = ike_confine_prepare(&confine, options->user);
	if (err == -ENOENT)
		fprintf(stderr, "sectun-ike: there is no user %s\n", options->user);
	else if (err)
		fail(options->user, err);
	else
		err = start(options, &confine, &config);
	ike_config_uninit(&config);
	ike_crypt_exit();
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool pace_parse(const char *word, unsigned int *to)
{
	char *end;
	unsigned long pace = strtoul(word, &end, 10);

	if (*word >= '0' && *word <= '9' && !*end && pace <= PACE_MAX) {
		*to = (unsigned int)pace;
		return true;
	}
	fprintf(stderr, "sectun-ike: word '%s': milliseconds from 0 to %u have to follow --pace\n",
		word, PACE_MAX);
	return false;
}

int main(int argc, char **argv)
{
	struct ike_options options = { .directory = DIRECTORY, .socket = SOCKET, .user = USER };
	struct ike_probe probe = { .pace = IKE_PROBE_PACE };
	struct ike_check check = { 0 };
	bool checking = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options_known, NULL)) != -1) {
		switch (option) {
		case OPTION_CONFIG:
			options.directory = optarg;
			break;
		case OPTION_SOCKET:
			options.socket = optarg;
			break;
		case OPTION_USER:
			options.user = optarg;
			break;
		case OPTION_CHECK:
			checking = true;
			break;
		case OPTION_AGAINST:
			check.against = optarg;
			break;
		case OPTION_JSON:
			check.json = true;
			probe.json = true;
			break;
		case OPTION_PROBE:
			probe.address = optarg;
			break;
		case OPTION_PACE:
			if (!pace_parse(optarg, &probe.pace))
				return EXIT_USAGE;
			break;
		case OPTION_VERSION:
			puts("sectun-ike " SECTUN_VERSION);
			return EXIT_SUCCESS;
		case OPTION_HELP:
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	check.directory = options.directory;
	check.name = checking ? argv[optind] : NULL;
	if (argc - optind > (check.name ? 1 : 0)) {
		fprintf(stderr, "sectun-ike: word '%s': not expected\n",
			argv[optind + (check.name ? 1 : 0)]);
		return EXIT_USAGE;
	}
	if (probe.address)
		return ike_probe_run(&probe, stdout, stderr);
	if (checking)
		return ike_check_run(&check, stdout, stderr);
	return run(&options);
}
