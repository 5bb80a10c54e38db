// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <json-c/json.h>
#include "ipcmsg.h"
#include "keystore.h"
#include "parent.h"

static void __attribute__((format(printf, 2, 3))) say(struct ike_parent *parent,
						      const char *format, ...)
{
	char text[768];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ike_parent_log(parent, text);
}

/* A name in a configuration file is relative to the directory of that file. */
static char *path_of(const struct ike_config_peer *peer, const char *name)
{
	const char *slash = strrchr(peer->file, '/');
	char *path;

	if (name[0] == '/' || !slash)
		return strdup(name);
	if (asprintf(&path, "%.*s/%s", (int)(slash - peer->file), peer->file, name) < 0)
		return NULL;
	return path;
}

static void warn_if_readable(struct ike_parent *parent, int fd, const char *path,
			     enum ike_keyfile kind)
{
	struct stat st;

	if ((kind == IKE_KEYFILE_PSK || kind == IKE_KEYFILE_KEY) && !fstat(fd, &st) &&
	    st.st_mode & (S_IRGRP | S_IROTH))
		say(parent,
		    "warning: %s can be read by others than its owner (mode %04o; chmod 600 is right)",
		    path, st.st_mode & 07777);
}

/* The key process reads the file; this one only opens it. One that is not there reads as empty. */
static int send_file(struct ike_parent *parent, const struct ike_config_peer *peer,
		     enum ike_keyfile kind, const char *name)
{
	char *path = path_of(peer, name);
	int fd, err;

	if (!path)
		return -ENOMEM;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		say(parent, "%s: %s", path, strerror(errno));
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
	warn_if_readable(parent, fd, path, kind);
	ike_ipc_begin(&parent->out, IKE_IPC_KEYS, 0);
	ike_ipc_put_string(&parent->out, peer->name);
	ike_ipc_put_u8(&parent->out, kind);
	ike_ipc_put_string(&parent->out, path);
	ike_ipc_put_fd(&parent->out, fd);
	err = ike_ipc_send(&parent->ends->key, &parent->out);
	if (fd >= 0)
		close(fd);
	free(path);
	return err;
}

static int send_files(struct ike_parent *parent, const struct ike_config_peer *peer,
		      enum ike_keyfile kind, const struct ike_config_files *files)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < files->count; i++)
		err = send_file(parent, peer, kind, files->names[i]);
	return err;
}

static int send_keys(struct ike_parent *parent, const struct ike_config_peer *peer)
{
	int err = 0;

	if (peer->psk_file)
		err = send_file(parent, peer, IKE_KEYFILE_PSK, peer->psk_file);
	if (!err)
		err = send_files(parent, peer, IKE_KEYFILE_CERT, &peer->cert);
	if (!err && peer->key_file)
		err = send_file(parent, peer, IKE_KEYFILE_KEY, peer->key_file);
	if (!err)
		err = send_files(parent, peer, IKE_KEYFILE_CA, &peer->ca);
	if (!err)
		err = send_files(parent, peer, IKE_KEYFILE_CRL, &peer->crl);
	if (err)
		return err;
	ike_ipc_begin(&parent->out, IKE_IPC_KEYS_DONE, 0);
	ike_ipc_put_string(&parent->out, peer->name);
	ike_ipc_put_u32(&parent->out, parent->generation);
	ike_ipc_put_u8(&parent->out, peer->conf.local_auth);
	ike_ipc_put_u8(&parent->out, peer->conf.remote_auth);
	ike_ipc_put_u8(&parent->out, peer->profile->sha1_signatures);
	ike_ipc_put_u8(&parent->out, peer->local_id.type);
	ike_ipc_put_octets(&parent->out, peer->local_id.data, peer->local_id.len);
	return ike_ipc_send(&parent->ends->key, &parent->out);
}

/* Local is any: the address that the route to the peer has is it, for as long as it runs. */
static void find_local(struct ike_parent *parent, struct ike_config_peer *peer)
{
	int err;

	if (peer->conf.local.len || !peer->conf.remote.len)
		return;
	err = ike_link_source(&peer->conf.remote, &peer->conf.local);
	if (err)
		say(parent, "peer %s: no local address yet: %s", peer->name, strerror(-err));
}

int ike_parent_publish(struct ike_parent *parent, struct ike_config_peer *peer)
{
	int err;

	if (peer->profile->warning)
		say(parent, "warning: peer %s: profile %s: %s", peer->name, peer->profile->name,
		    peer->profile->warning);
	parent->generation++;
	err = send_keys(parent, peer);
	if (err)
		return err;
	ike_ipc_begin(&parent->out, IKE_IPC_CONFIG, 0);
	ike_ipc_put_u32(&parent->out, parent->generation);
	ike_ipc_put_string(&parent->out, peer->file);
	ike_ipc_put_octets(&parent->out, peer->text, peer->text_len);
	ike_ipc_put_endpoint(&parent->out, &peer->conf.local);
	return ike_ipc_send(&parent->ends->protocol, &parent->out);
}

static int retract(struct ike_parent *parent, const char *name)
{
	int err;

	ike_ipc_begin(&parent->out, IKE_IPC_CONFIG_GONE, 0);
	ike_ipc_put_string(&parent->out, name);
	err = ike_ipc_send(&parent->ends->protocol, &parent->out);
	if (err)
		return err;
	ike_ipc_begin(&parent->out, IKE_IPC_CONFIG_GONE, 0);
	ike_ipc_put_string(&parent->out, name);
	return ike_ipc_send(&parent->ends->key, &parent->out);
}

static int add(struct ike_parent *parent, struct ike_config_peer *peer)
{
	size_t i;

	find_local(parent, peer);
	for (i = 0; i < peer->tunnel_count; i++)
		ike_site_tunnel_add(&parent->site, peer, i);
	return ike_parent_publish(parent, peer);
}

int ike_parent_start(struct ike_parent *parent)
{
	size_t i;
	int err = 0;

	for (i = 0; !err && i < parent->config->peer_count; i++)
		err = add(parent, parent->config->peers[i]);
	return err;
}

static void note(struct json_object *changes, const char *what, const char *kind,
		 const char *name, const char *detail)
{
	struct json_object *change = json_object_new_object();

	json_object_object_add(change, "change", json_object_new_string(what));
	json_object_object_add(change, "kind", json_object_new_string(kind));
	json_object_object_add(change, "name", json_object_new_string(name));
	if (detail)
		json_object_object_add(change, "setting", json_object_new_string(detail));
	json_object_array_add(changes, change);
}

static bool has_line(const char *text, const char *line, size_t len)
{
	const char *end;

	for (; text && *text; text = end + 1) {
		end = strchr(text, '\n');
		if ((size_t)(end - text) == len && !memcmp(text, line, len))
			return true;
	}
	return false;
}

/* Settings of one version that the other does not have. */
static void note_settings(struct json_object *changes, const char *what, const char *kind,
			  const char *name, const char *said, const char *other)
{
	char setting[IKE_CONFIG_LINE_MAX + 8];
	const char *end;

	for (; said && *said; said = end + 1) {
		end = strchr(said, '\n');
		if (has_line(other, said, end - said))
			continue;
		snprintf(setting, sizeof(setting), "%.*s", (int)(end - said), said);
		note(changes, what, kind, name, setting);
	}
}

static const struct ike_config_tunnel *tunnel_named(const struct ike_config_peer *peer,
						    const char *name, size_t *index)
{
	for (*index = 0; *index < peer->tunnel_count; (*index)++) {
		if (!strcmp(peer->tunnels[*index].name, name))
			return &peer->tunnels[*index];
	}
	return NULL;
}

static void note_differences(struct json_object *changes, const struct ike_config_peer *before,
			     const struct ike_config_peer *after)
{
	const struct ike_config_tunnel *tunnel;
	size_t i, at;

	note_settings(changes, "removed", "peer", before->name, before->said, after->said);
	note_settings(changes, "added", "peer", after->name, after->said, before->said);
	for (i = 0; i < before->tunnel_count; i++) {
		tunnel = tunnel_named(after, before->tunnels[i].name, &at);
		if (!tunnel) {
			note(changes, "removed", "tunnel", before->tunnels[i].name, NULL);
			continue;
		}
		note_settings(changes, "removed", "tunnel", tunnel->name, before->tunnels[i].said,
			      tunnel->said);
		note_settings(changes, "added", "tunnel", tunnel->name, tunnel->said,
			      before->tunnels[i].said);
	}
	for (i = 0; i < after->tunnel_count; i++) {
		if (!tunnel_named(before, after->tunnels[i].name, &at))
			note(changes, "added", "tunnel", after->tunnels[i].name, NULL);
	}
}

/* What stays of the tunnels stays untouched; the engine tells the kernel of new endpoints. */
static int replace(struct ike_parent *parent, struct ike_config_peer **at,
		   struct ike_config_peer *after)
{
	struct ike_config_peer *before = *at;
	const struct ike_config_tunnel *tunnel;
	size_t i, other;

	find_local(parent, after);
	for (i = 0; i < before->tunnel_count; i++) {
		tunnel = tunnel_named(after, before->tunnels[i].name, &other);
		if (!tunnel || strcmp(tunnel->dev, before->tunnels[i].dev))
			ike_site_tunnel_del(&parent->site, before, i);
		else if (!ike_config_tunnel_same(&before->tunnels[i], tunnel))
			ike_site_tunnel_change(&parent->site, before, i, after, other);
	}
	for (i = 0; i < after->tunnel_count; i++) {
		tunnel = tunnel_named(before, after->tunnels[i].name, &other);
		if (!tunnel || strcmp(tunnel->dev, after->tunnels[i].dev))
			ike_site_tunnel_add(&parent->site, after, i);
	}
	*at = after;
	ike_config_peer_free(before);
	return ike_parent_publish(parent, after);
}

static int drop(struct ike_parent *parent, size_t index)
{
	struct ike_config_peer *peer = parent->config->peers[index];
	int err = retract(parent, peer->name);
	size_t i;

	for (i = 0; i < peer->tunnel_count; i++)
		ike_site_tunnel_del(&parent->site, peer, i);
	ike_config_peer_free(peer);
	parent->config->peer_count--;
	memmove(parent->config->peers + index, parent->config->peers + index + 1,
		(parent->config->peer_count - index) * sizeof(parent->config->peers[0]));
	return err;
}

/* Takes a peer out of a configuration. */
static struct ike_config_peer *take(struct ike_config *config, const char *name)
{
	struct ike_config_peer *peer;
	size_t i;

	for (i = 0; i < config->peer_count; i++) {
		peer = config->peers[i];
		if (strcmp(peer->name, name))
			continue;
		config->peer_count--;
		memmove(config->peers + i, config->peers + i + 1,
			(config->peer_count - i) * sizeof(config->peers[0]));
		return peer;
	}
	return NULL;
}

static int insert(struct ike_parent *parent, struct ike_config_peer *peer)
{
	struct ike_config_fault fault;
	char text[640];
	int err = ike_config_add(parent->config, peer, &fault);

	if (err) {
		say(parent, "%s", ike_config_fault_text(&fault, text, sizeof(text)));
		ike_config_peer_free(peer);
		return 0;
	}
	return add(parent, peer);
}

static int change_old(struct ike_parent *parent, struct ike_config *next, const char *only,
		      bool dry_run, struct json_object *changes)
{
	struct ike_config_peer **at, *after;
	size_t i = 0;
	int err = 0;

	while (!err && i < parent->config->peer_count) {
		at = &parent->config->peers[i];
		if (only && strcmp((*at)->name, only)) {
			i++;
			continue;
		}
		after = take(next, (*at)->name);
		if (!after) {
			note(changes, "removed", "peer", (*at)->name, NULL);
			if (dry_run)
				i++;
			else
				err = drop(parent, i);
			continue;
		}
		note_differences(changes, *at, after);
		if (!dry_run && ike_config_compare(*at, after) != IKE_CONFIG_SAME) {
			err = replace(parent, at, after);
		} else {
			ike_config_peer_free(after);
			/* The files that it names may have other keys in them. */
			if (!dry_run)
				err = ike_parent_publish(parent, *at);
		}
		i++;
	}
	return err;
}

int ike_parent_change(struct ike_parent *parent, struct ike_config *next, const char *only,
		      bool dry_run, struct json_object *changes)
{
	struct ike_config_peer *peer;
	size_t i = 0;
	int err = change_old(parent, next, only, dry_run, changes);

	/* What is left is new. */
	while (!err && i < next->peer_count) {
		peer = next->peers[i];
		if (only && strcmp(peer->name, only)) {
			i++;
			continue;
		}
		note(changes, "added", "peer", peer->name, NULL);
		if (dry_run)
			i++;
		else
			err = insert(parent, take(next, peer->name));
	}
	return err;
}
