// SPDX-License-Identifier: MIT
#include <string.h>
#include "collision.h"

int ike_nonce_compare(const struct ike_nonce *a, const struct ike_nonce *b)
{
	int order = memcmp(a->octets, b->octets, a->len < b->len ? a->len : b->len);

	return order ? order : (int)a->len - (int)b->len;
}

const struct ike_nonce *ike_nonce_lower(const struct ike_nonce *a, const struct ike_nonce *b)
{
	return ike_nonce_compare(a, b) <= 0 ? a : b;
}

bool ike_collision_we_win(const struct ike_nonce *ours, const struct ike_nonce *theirs)
{
	return ike_nonce_compare(ours, theirs) > 0;
}

/* RFC 7296 section 2.25.1, as a table: a request about a child, by what we do with that child. */
static const enum ike_answer_kind about_child[IKE_WISH_COUNT][IKE_BUSY_COUNT] = {
	[IKE_WISH_CHILD_REKEY] = {
		[IKE_BUSY_GONE] = IKE_ANSWER_NOT_FOUND,
		[IKE_BUSY_REKEYING] = IKE_ANSWER_BOTH,
		[IKE_BUSY_CLOSING] = IKE_ANSWER_LATER,
	},
	[IKE_WISH_CHILD_DELETE] = {
		[IKE_BUSY_GONE] = IKE_ANSWER_EMPTY,
		[IKE_BUSY_REKEYING] = IKE_ANSWER_USUAL,
		[IKE_BUSY_CLOSING] = IKE_ANSWER_EMPTY,
	},
};

/* Section 2.25.2: any request, by what we do with the IKE SA. */
static const enum ike_answer_kind about_ike[IKE_WISH_COUNT][IKE_BUSY_COUNT] = {
	[IKE_WISH_CHILD_NEW] = {
		[IKE_BUSY_REKEYING] = IKE_ANSWER_LATER,
		[IKE_BUSY_CLOSING] = IKE_ANSWER_LATER,
	},
	[IKE_WISH_CHILD_REKEY] = {
		[IKE_BUSY_REKEYING] = IKE_ANSWER_LATER,
		[IKE_BUSY_CLOSING] = IKE_ANSWER_LATER,
	},
	[IKE_WISH_IKE_REKEY] = {
		[IKE_BUSY_REKEYING] = IKE_ANSWER_BOTH,
		[IKE_BUSY_CLOSING] = IKE_ANSWER_LATER,
		[IKE_BUSY_CHILD] = IKE_ANSWER_LATER,
	},
	[IKE_WISH_IKE_DELETE] = {
		[IKE_BUSY_REKEYING] = IKE_ANSWER_FORGET,
		[IKE_BUSY_CLOSING] = IKE_ANSWER_FORGET,
	},
};

enum ike_answer_kind ike_collision_answer(enum ike_wish wish, enum ike_busy child,
					  enum ike_busy ike)
{
	enum ike_answer_kind answer = about_ike[wish][ike];

	return answer != IKE_ANSWER_USUAL ? answer : about_child[wish][child];
}
