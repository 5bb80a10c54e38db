// SPDX-License-Identifier: MIT
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "crypt.h"
#include "keymat.h"
#include "test.h"

static const struct ike_alg *alg(const char *word)
{
	const struct ike_alg *row = ike_alg_named(word, strlen(word), 0);

	assert_non_null(row);
	return row;
}

/* RFC 4231, test case 2 */
static void prfs_compute_what_the_rfc_says(void **state)
{
	static const struct {
		const char *prf, *right;
	} cases[] = {
		{ "prfsha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
		{ "prfsha256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ "prfsha384", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47"
			       "e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649" },
		{ "prfsha512", "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
			       "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	};
	static const char data[] = "what do ya want for nothing?";
	const struct ike_span parts[] = { { (const uint8_t *)data, 10 },
					  { NULL, 0 },
					  { (const uint8_t *)data + 10, sizeof(data) - 11 } };
	const struct ike_span key = { (const uint8_t *)"Jefe", 4 };
	uint8_t to[IKE_PRF_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(ike_prf(alg(cases[i].prf), key, parts, ARRAY_SIZE(parts), to), 0);
		assert_hex(to, alg(cases[i].prf)->key_len, cases[i].right);
	}
}

static void prf_plus_has_its_bounds(void **state)
{
	static const uint8_t key[32];
	static uint8_t to[255 * 32 + 1];
	const struct ike_span parts[7] = { { key, 1 } };

	(void)state;
	assert_int_equal(ike_prf_plus(alg("prfsha256"), IKE_SPAN(key), parts, 1, to, 255 * 32), 0);
	assert_int_equal(ike_prf_plus(alg("prfsha256"), IKE_SPAN(key), parts, 1, to, 255 * 32 + 1),
			 -EINVAL);
	assert_int_equal(ike_prf_plus(alg("prfsha256"), IKE_SPAN(key), parts, 7, to, 32), -EINVAL);
	assert_int_equal(ike_prf(alg("aescmac"), IKE_SPAN(key), parts, 1, to), -EOPNOTSUPP);
}

/*
 * NIST CAVP, vectors of SP 800-135 for IKEv2: the first of SHA-1 with 132 octets, and SHA-256. With
 * aes128-sha1 the former is exactly the keys of an IKE SA.
 */
static const char ni[] = "3651fef5c9c35e93", nr[] = "c09a8b90a3f04d59";
static const char shared[] =
	"d084a30166a50fb7325c3960874a839449ef9741c2f4f947d0201dd8c1269273d79509f37e3ca3eb4fa2fe2a"
	"28254e289cd3f34dad4eb4df1a07685a4b8a94fa61e2491f7598b3ce65547ff133b3f63d1ac4175eaa695033"
	"f3cedb026a6873a36455172a8540b8a5d23a0143bed0390ee49b168269d75fffee9fb62be965993c";
static const char shared_new[] =
	"52f00ab174c25d5b7139ae5ff4e8e9eddee5992d2e36adf8a559ffd90dab1442e4fbe429d320c0f33552a17d"
	"1557fa41ea70e8fb916c4fa27ed52b5f8ebd8461afa78f1159159a64055ac5f6319e29c28eae58cbc6847770"
	"f32c3fed1d04750484f854790f95e9ec01bc5bc461f24966462e359511329305038e94deb6dd42c2";

static void cavp_keymat(struct ike_keymat *in, const char *secret)
{
	static uint8_t buffers[3][128];

	in->ni = unhex(ni, buffers[0], sizeof(buffers[0]));
	in->nr = unhex(nr, buffers[1], sizeof(buffers[1]));
	in->shared = unhex(secret, buffers[2], sizeof(buffers[2]));
	in->spi_i = UINT64_C(0x8e5c3ae507221684);
	in->spi_r = UINT64_C(0xb1f201bb155c3acd);
}

static void keys_of_an_ike_sa_are_those_of_nist(void **state)
{
	const struct ike_suite suite = {
		.protocol = IKE_PROTOCOL_IKE, .encr = alg("aes128"), .integ = alg("sha1"),
		.prf = alg("prfsha1"), .ke = alg("modp1024"),
	};
	struct ike_keymat in;
	struct ike_keys keys;

	(void)state;
	cavp_keymat(&in, shared);
	assert_int_equal(ike_keymat_ike(&suite, &in, NULL, &keys), 0);
	assert_hex(keys.d, 20, "6f1b12cad3cbe097b35430356d869d54cddb0198");
	assert_hex(keys.i.integ_key, 20, "ec859174d53ceb92dddedbe2436db69f60977c58");
	assert_hex(keys.r.integ_key, 20, "fa63bbb667f8d36920b109baae8f6c61a9ac49fe");
	assert_hex(keys.i.key, 16, "da01843225d080ec5539d5881a25521f");
	assert_hex(keys.r.key, 16, "fb2a0a91874a9c0a27fcc2d717eb8963");
	assert_hex(keys.pi, 20, "a9e3a89c7ab264757284c28cf8c3ca40576f4220");
	assert_hex(keys.pr, 20, "b052b1fb8e9ad60ba3c80557323331a8cbb89f20");
	assert_ptr_equal(keys.i.encr, suite.encr);
	assert_ptr_equal(keys.r.integ, suite.integ);
}

static void keys_of_children_are_those_of_nist(void **state)
{
	const struct ike_suite child = {
		.protocol = IKE_PROTOCOL_ESP, .encr = alg("aes128"), .integ = alg("sha1"),
	};
	struct ike_keys keys = { .prf = alg("prfsha1") };
	struct ike_child_keys to;
	struct ike_keymat in;

	(void)state;
	unhex("6f1b12cad3cbe097b35430356d869d54cddb0198", keys.d, sizeof(keys.d));
	cavp_keymat(&in, "");
	assert_int_equal(ike_keymat_child(&child, &keys, &in, &to), 0);
	assert_hex(to.i, to.len, "4727dc0ef94eb326ce131cf282fb652faa638ad0"
				 "ddae3786a11bcc0309876009f8c485de");
	assert_hex(to.r, to.len, "011ad962c5b1ca8a41ff8145445749079c5686e2"
				 "6ffebbc342f06981f3da745e11ca0976");
	cavp_keymat(&in, shared_new);
	assert_int_equal(ike_keymat_child(&child, &keys, &in, &to), 0);
	assert_hex(to.i, to.len, "b109c21ad4c0797768c1cec9e63554681e48f224"
				 "bca7f23c20c4ea7041983451e9aa1d54");
	assert_hex(to.r, to.len, "08656c8a975ff1b9d9a12c75ffeb64bdecb30174"
				 "664cccb4e14f1c377b7f6d1525af77c7");
}

static void keys_with_sha256_are_those_of_nist(void **state)
{
	const struct ike_suite suite = {
		.protocol = IKE_PROTOCOL_IKE, .encr = alg("aes256gcm16"),
		.integ = ike_alg_find(&(struct ike_transform){ IKE_INTEG, 0, 0 }),
		.prf = alg("prfsha256"), .ke = alg("modp1024"),
	};
	const struct ike_suite child = {
		.protocol = IKE_PROTOCOL_ESP, .encr = alg("aes256gcm16"), .integ = suite.integ,
	};
	struct ike_child_keys pair;
	struct ike_keymat in;
	struct ike_keys keys;

	(void)state;
	cavp_keymat(&in, shared);
	assert_int_equal(ike_keymat_ike(&suite, &in, NULL, &keys), 0);
	assert_hex(keys.d, 32, "462b9dd525d4fd71169174272779e704baf62c6231779ae9efe8c58b21916b42");
	/* an AEAD has no SK_a; key and salt are SK_e */
	assert_hex(keys.i.key, 36,
		   "010164af2111ebd762f6916ca9a6f0ee05c8b320e4ee27705521de2589adea1878f1a551");
	assert_hex(keys.r.key, 36,
		   "738af7c88dc4f0bb0c096a3f7d1f1a670fc79f49f678d60d665bb3710c8657f03ba9f62b");
	assert_hex(keys.pi, 32, "9a818d7a228968c506e237ae9502aa6db395c61ea6a3e79504f86b7368bfb542");
	assert_hex(keys.pr, 32, "3df79e48809bbccd49fd826d024f63d7c2a5566400a12e736aa034510428f5ea");

	cavp_keymat(&in, "");
	assert_int_equal(ike_keymat_child(&child, &keys, &in, &pair), 0);
	assert_int_equal(pair.len, 36);
	assert_hex(pair.i, 36,
		   "23647677e7d403fa1e3006f19840aee18ad9fecc4215814c4131bdeba98433d8b0e31bfb");
	assert_hex(pair.r, 36,
		   "bddf822abcce5e06486aa388022b75e27e1e68aa5983028b65282c730c5d49ef76067703");
	cavp_keymat(&in, shared_new);
	assert_int_equal(ike_keymat_child(&child, &keys, &in, &pair), 0);
	assert_hex(pair.i, 36,
		   "6a919387a5fa2835fe8a8237e4a14845bd2b9930db87eff7adf268f62186004902dba9aa");
}

/* SKEYSEED of a rekeyed IKE SA is not told, but its SK_d is prf+ of it. */
static void keys_of_a_rekeyed_ike_sa_come_from_the_old_one(void **state)
{
	const struct ike_suite suite = {
		.protocol = IKE_PROTOCOL_IKE, .encr = alg("aes256gcm16"),
		.integ = ike_alg_find(&(struct ike_transform){ IKE_INTEG, 0, 0 }),
		.prf = alg("prfsha384"), .ke = alg("modp1024"),
	};
	struct ike_keys old = { .prf = alg("prfsha256") }, keys;
	uint8_t seed[32], spis[16], d[48];
	struct ike_keymat in;
	struct ike_span parts[3];

	(void)state;
	unhex("462b9dd525d4fd71169174272779e704baf62c6231779ae9efe8c58b21916b42", old.d,
	      sizeof(old.d));
	cavp_keymat(&in, shared_new);
	assert_int_equal(ike_keymat_ike(&suite, &in, &old, &keys), 0);
	unhex("90722c42bd849e9b72d240fc254174270fa8295de6f0338dafc303a9ec104f12", seed,
	      sizeof(seed));
	unhex("8e5c3ae507221684b1f201bb155c3acd", spis, sizeof(spis));
	parts[0] = in.ni;
	parts[1] = in.nr;
	parts[2] = IKE_SPAN(spis);
	assert_int_equal(ike_prf_plus(suite.prf, IKE_SPAN(seed), parts, 3, d, sizeof(d)), 0);
	assert_memory_equal(keys.d, d, sizeof(d));
}

static void keymat_wants_what_it_needs(void **state)
{
	struct ike_suite suite = {
		.protocol = IKE_PROTOCOL_IKE, .encr = alg("aes256"), .integ = alg("sha256"),
		.prf = alg("prfsha256"), .ke = alg("modp1024"),
	};
	static const uint8_t zeros[IKE_NONCE_MAX + 1];
	struct ike_child_keys pair;
	struct ike_keymat in;
	struct ike_keys keys;

	(void)state;
	cavp_keymat(&in, "");
	assert_int_equal(ike_keymat_ike(&suite, &in, NULL, &keys), -EINVAL);
	cavp_keymat(&in, shared);
	assert_int_equal(ike_keymat_ike(&suite, &in, NULL, &keys), 0);
	assert_int_equal(ike_keymat_child(&suite, &keys, &in, &pair), -EINVAL);
	in.nr = IKE_SPAN(zeros);
	assert_int_equal(ike_keymat_ike(&suite, &in, NULL, &keys), -EINVAL);
	in.nr.len = 0;
	assert_int_equal(ike_keymat_ike(&suite, &in, NULL, &keys), -EINVAL);
	cavp_keymat(&in, shared);
	suite.prf = NULL;
	assert_int_equal(ike_keymat_ike(&suite, &in, NULL, &keys), -EINVAL);
	assert_memory_equal(keys.d, zeros, sizeof(keys.d));
}

/* Key exchange vectors: RFC 5903 section 8, RFC 8031 appendix A, RFC 7748 section 6.2 */
static const struct exchange {
	const char *group, *i, *public_i, *r, *public_r, *shared;
} exchanges[] = {
	{ "ecp256", "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
	  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
	  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
	  "c6ef9c5d78ae012a011164acb397ce2088685d8f06bf9be0b283ab46476bee53",
	  "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
	  "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
	  "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de" },
	{ "ecp384",
	  "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
	  "e35b538041e649ee3faef896783ab194",
	  "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6"
	  "de3ac808acb4bdb4c88732aee95f41aa"
	  "9482ed1fc0eeb9cafc4984625ccfc23f65032149e0e144ada024181535a0f38e"
	  "eb9fcff3c2c947dae69b4c634573a81c",
	  "41cb0779b4bdb85d47846725fbec3c9430fab46cc8dc5060855cc9bda0aa2942"
	  "e0308312916b8ed2960e4bd55a7448fc",
	  "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d"
	  "0d1ac43a0336def96fda41d0774a3571"
	  "dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1ff"
	  "f83fa40142209dff5eaad96db9e6386c",
	  "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
	  "d603135569b9e9d09cf5d4a270f59746" },
	{ "ecp521",
	  "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a0"
	  "95aa85a30fe1c2952c6771d937ba9777f5957b2639bab072462f68c27a57382d4a52",
	  "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbe"
	  "e1e3bf42e00b8e380aeae57c2d107564941885942af5a7f4601723c4195d176ced3e"
	  "017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4a10a"
	  "d8a788015ac405d7799dc75e7b7d5b6cf2261a6a7f1507438bf01beb6ca3926f9582",
	  "0145ba99a847af43793fdd0e872e7cdfa16be30fdc780f97bccc3f078380201e"
	  "9c677d600b343757a3bdbf2a3163e4c2f869cca7458aa4a4effc311f5cb151685eb9",
	  "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a21"
	  "9b97c356436adc6e95bb0352f6be64a6c2912d4ef2d0433ced2b6171640012d9460f"
	  "015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87"
	  "220b6536c5c408a1d2aebb8e86d678ae49cb57091f4732296579ab44fcd17f0fc56a",
	  "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04"
	  "d1427e73ca4baa240a34786859810c06b3c715a3a8cc3151f2bee417996d19f3ddea" },
	{ "x25519", "701fb4308655b476b6789b7325f9ea8cddd16a58533ff6d9e60009464a5f9d54",
	  "48d5ddd4061257ba166fa3f9bbdb74f1a4e81c089384fa77f790709f0dfbc766",
	  "0a54645253290d60ddadd0e030bacd9e5501efdc220755a1e978f1b839a05688",
	  "0be7c1f5aad87d7e448662673298a443478b859745179eaf564c79c0ef6eee25",
	  "c74950607a12327f3204d94b6825bfb068b7f8319a9e3708ed3d43ce8130c950" },
	{ "x448",
	  "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf5"
	  "74a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
	  "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bb"
	  "c836647241d953d40c5b12da88120d53177f80e532c41fa0",
	  "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d6927c120"
	  "bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
	  "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972"
	  "fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
	  "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56"
	  "fd2464c335543936521c24403085d59a449a5037514a879d" },
};

static void exchanges_compute_what_the_rfcs_say(void **state)
{
	uint8_t private_key[80], public_value[2][IKE_DH_MAX], to[IKE_DH_MAX];
	const struct ike_alg *group;
	struct ike_dh *dh;
	size_t i, side;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(exchanges); i++) {
		const struct exchange *e = &exchanges[i];
		struct ike_span values[] = { unhex(e->public_i, public_value[0], IKE_DH_MAX),
					     unhex(e->public_r, public_value[1], IKE_DH_MAX) };

		group = alg(e->group);
		for (side = 0; side < 2; side++) {
			assert_int_equal(ike_dh_from_keys(group,
							  unhex(side ? e->r : e->i, private_key,
								sizeof(private_key)),
							  values[side], &dh), 0);
			assert_ptr_equal(ike_dh_group(dh), group);
			assert_int_equal(ike_dh_public(dh).len, values[side].len);
			assert_memory_equal(ike_dh_public(dh).at, values[side].at,
					    values[side].len);
			assert_int_equal(ike_dh_shared(dh, values[!side], to), 0);
			assert_hex(to, group->shared_len, e->shared);
			ike_dh_free(dh);
		}
	}
}

/* With 2 as the exponent numbers are small, and their leading zeros have to be there. */
static void numbers_of_modp_groups_are_padded(void **state)
{
	uint8_t two[1] = { 2 }, value[IKE_DH_MAX], to[IKE_DH_MAX];
	const struct ike_alg *group;
	struct ike_dh *dh;
	size_t i, j;

	(void)state;
	for (i = 0; (group = ike_alg_at(i)); i++) {
		if (group->transform.type != IKE_KE || !group->openssl ||
		    strncmp(group->keyword, "modp", 4))
			continue;
		memset(value, 0, sizeof(value));
		value[group->public_len - 1] = 4;
		assert_int_equal(ike_dh_from_keys(group, IKE_SPAN(two),
						  (struct ike_span){ value, group->public_len },
						  &dh), 0);
		assert_memory_equal(ike_dh_public(dh).at, value, group->public_len);
		value[group->public_len - 1] = 3;
		assert_int_equal(ike_dh_shared(dh, (struct ike_span){ value, group->public_len },
					       to), 0);
		for (j = 0; j + 1 < group->shared_len; j++)
			assert_int_equal(to[j], 0);
		assert_int_equal(to[group->shared_len - 1], 9);
		ike_dh_free(dh);
	}
}

static void both_sides_of_every_group_agree(void **state)
{
	uint8_t a_shared[IKE_DH_MAX], b_shared[IKE_DH_MAX];
	const struct ike_alg *group;
	struct ike_dh *a, *b;
	size_t i;

	(void)state;
	for (i = 0; (group = ike_alg_at(i)); i++) {
		if (group->transform.type != IKE_KE || !group->openssl)
			continue;
		assert_true(ike_crypt_has(group));
		assert_int_equal(ike_dh_new(group, &a), 0);
		assert_int_equal(ike_dh_new(group, &b), 0);
		assert_memory_not_equal(ike_dh_public(a).at, ike_dh_public(b).at,
					group->public_len);
		assert_int_equal(ike_dh_shared(a, ike_dh_public(b), a_shared), 0);
		assert_int_equal(ike_dh_shared(b, ike_dh_public(a), b_shared), 0);
		assert_memory_equal(a_shared, b_shared, group->shared_len);
		ike_dh_free(a);
		ike_dh_free(b);
	}
	ike_dh_free(NULL);
	assert_int_equal(ike_dh_new(alg("none"), &a), -EOPNOTSUPP);
}

/* RFC 6989: 0, 1, p - 1, p and beyond; points beside the curve; points of small order */
static void values_outside_the_group_are_refused(void **state)
{
	static const char one_of_small_order[] =
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
	uint8_t value[IKE_DH_MAX + 1], to[IKE_DH_MAX];
	const struct ike_alg *group;
	struct ike_dh *dh;
	size_t i, len;

	(void)state;
	for (i = 0; (group = ike_alg_at(i)); i++) {
		if (group->transform.type != IKE_KE || !group->openssl)
			continue;
		len = group->public_len;
		assert_int_equal(ike_dh_new(group, &dh), 0);
		/* wrong lengths */
		memcpy(value, ike_dh_public(dh).at, len);
		value[len] = 0;
		assert_int_equal(ike_dh_shared(dh, (struct ike_span){ value, len - 1 }, to),
				 -EBADMSG);
		assert_int_equal(ike_dh_shared(dh, (struct ike_span){ value, len + 1 }, to),
				 -EBADMSG);
		assert_int_equal(ike_dh_shared(dh, (struct ike_span){ value, 0 }, to), -EBADMSG);
		/* the neutral element, 0 */
		memset(value, 0, sizeof(value));
		assert_int_equal(ike_dh_shared(dh, (struct ike_span){ value, len }, to), -EBADMSG);
		if (!strncmp(group->keyword, "modp", 4)) {
			value[len - 1] = 1;
			assert_int_equal(ike_dh_shared(dh, (struct ike_span){ value, len }, to),
					 -EBADMSG);
			/* p - 1: all primes end in sixty-four ones */
			BIGNUM *p = group->transform.id == 2 ? BN_get_rfc2409_prime_1024(NULL) :
				    group->transform.id == 5 ? BN_get_rfc3526_prime_1536(NULL) :
				    group->transform.id == 14 ? BN_get_rfc3526_prime_2048(NULL) :
				    group->transform.id == 15 ? BN_get_rfc3526_prime_3072(NULL) :
								BN_get_rfc3526_prime_4096(NULL);

			assert_int_equal(BN_bn2binpad(p, value, (int)len), len);
			assert_int_equal(ike_dh_shared(dh, (struct ike_span){ value, len }, to),
					 -EBADMSG);
			value[len - 1]--;
			assert_int_equal(ike_dh_shared(dh, (struct ike_span){ value, len }, to),
					 -EBADMSG);
			memset(value, 0xff, len);
			BN_free(p);
		} else if (!strncmp(group->keyword, "ecp", 3)) {
			memcpy(value, ike_dh_public(dh).at, len);
			value[len - 1] ^= 1;
		} else if (!strcmp(group->keyword, "x25519")) {
			unhex(one_of_small_order, value, sizeof(value));
		}
		assert_int_equal(ike_dh_shared(dh, (struct ike_span){ value, len }, to), -EBADMSG);
		ike_dh_free(dh);
	}
}

/* McGrew and Viega, "The Galois/Counter Mode of Operation", test case 4: the salt begins the IV */
static void gcm_computes_what_was_published(void **state)
{
	struct ike_crypt_key key = { .encr = alg("aes128gcm16") };
	uint8_t message[20 + 8 + 60 + 16], to[60];

	(void)state;
	unhex("feffe9928665731c6d6a8f9467308308cafebabe", key.key, sizeof(key.key));
	unhex("feedfacedeadbeeffeedfacedeadbeefabaddad2 facedbaddecaf888"
	      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
	      "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39", message,
	      sizeof(message));
	assert_int_equal(ike_crypt_seal(&key, (struct ike_span){ message, 20 }, message + 20,
					message + 28, 60, message + 88), 0);
	assert_hex(message + 28, 60,
		   "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
		   "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091");
	assert_hex(message + 88, 16, "5bc94fbc3221a5db94fae95ae7121a47");
	assert_int_equal(ike_crypt_open(&key, (struct ike_span){ message, 20 }, message + 20,
					message + 28, 60, message + 88, to), 0);
	assert_hex(to, 60,
		   "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		   "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
}

/* RFC 3602 section 4, case 2, and an HMAC that is computed apart */
static void cbc_encrypts_and_then_authenticates(void **state)
{
	struct ike_crypt_key key = { .encr = alg("aes128"), .integ = alg("sha256") };
	uint8_t message[28 + 4 + 16 + 32 + 16], to[32], right[32];
	unsigned int len = sizeof(right);

	(void)state;
	memset(message, 7, sizeof(message));
	memset(key.integ_key, 9, 32);
	unhex("c286696d887c9aa0611bbb3e2025a45a", key.key, sizeof(key.key));
	unhex("562e17996d093d28ddb3ba695a2e6f58"
	      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", message + 32,
	      48);
	assert_int_equal(ike_crypt_seal(&key, (struct ike_span){ message, 32 }, message + 32,
					message + 48, 32, message + 80), 0);
	assert_hex(message + 48, 32,
		   "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1");
	assert_non_null(HMAC(EVP_sha256(), key.integ_key, 32, message, 80, right, &len));
	assert_memory_equal(message + 80, right, 16);
	assert_int_equal(ike_crypt_open(&key, (struct ike_span){ message, 32 }, message + 32,
					message + 48, 32, message + 80, to), 0);
	assert_int_equal(to[31], 0x1f);
}

/* Of every octet of a message, one bit is turned over: under every cipher that is noticed. */
static void what_was_changed_is_not_authentic(void **state)
{
	static const char *const integs[] = { "sha256", "sha384", "sha512", "sha1" };
	uint8_t message[32 + 16 + 48 + 32], copy[sizeof(message)], to[48], zeros[48] = { 0 };
	const struct ike_alg *encr;
	struct ike_crypt_key key;
	size_t i, j, at, iv, text, icv, total;

	(void)state;
	for (i = 0; (encr = ike_alg_at(i)); i++) {
		if (encr->transform.type != IKE_ENCR || !(encr->uses & IKE_USE_IKE))
			continue;
		assert_true(ike_crypt_has(encr));
		for (j = 0; j < (ike_alg_is_aead(encr) ? 1 : ARRAY_SIZE(integs)); j++) {
			memset(&key, 0x55, sizeof(key));
			key.encr = encr;
			key.integ = alg(integs[j]);
			iv = 32;
			text = iv + encr->iv_len;
			icv = text + 48;
			total = icv + ike_crypt_icv_len(&key);
			memset(message, 0x33, sizeof(message));
			memset(message + text, 0, 48);
			assert_int_equal(ike_crypt_seal(&key, (struct ike_span){ message, 32 },
							message + iv, message + text, 48,
							message + icv), 0);
			memcpy(copy, message, sizeof(copy));
			for (at = 0; at < total; at++) {
				copy[at] ^= 0x10;
				assert_int_equal(ike_crypt_open(&key,
								(struct ike_span){ copy, 32 },
								copy + iv, copy + text, 48,
								copy + icv, to), -EBADMSG);
				copy[at] ^= 0x10;
			}
			memset(to, 1, sizeof(to));
			assert_int_equal(ike_crypt_open(&key, (struct ike_span){ copy, 32 },
							copy + iv, copy + text, 48, copy + icv,
							to), 0);
			assert_memory_equal(to, zeros, 48);
		}
	}
}

static void count_up(void *arg, void *to, size_t len)
{
	uint8_t *next = arg, *at = to;

	while (len--)
		*at++ = (*next)++;
}

static void random_octets_come_from_where_they_are_told(void **state)
{
	uint8_t next = 5, a[16], b[16];
	const struct ike_random source = { count_up, &next };

	(void)state;
	assert_int_equal(ike_random(&source, a, 3), 0);
	assert_hex(a, 3, "050607");
	assert_int_equal(ike_random(NULL, a, sizeof(a)), 0);
	assert_int_equal(ike_random(NULL, b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(ike_same(a, a, sizeof(a)));
	assert_false(ike_same(a, b, sizeof(a)));
	ike_wipe(a, sizeof(a));
	assert_hex(a, 16, "00000000000000000000000000000000");
}

static void sha1_is_sha1(void **state)
{
	const struct ike_span parts[] = { { (const uint8_t *)"a", 1 }, { NULL, 0 },
					  { (const uint8_t *)"bc", 2 } };
	uint8_t to[20];

	(void)state;
	assert_int_equal(ike_sha1(parts, 3, to), 0);
	assert_hex(to, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

static int teardown(void **state)
{
	(void)state;
	ike_crypt_exit();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prfs_compute_what_the_rfc_says),
		cmocka_unit_test(prf_plus_has_its_bounds),
		cmocka_unit_test(keys_of_an_ike_sa_are_those_of_nist),
		cmocka_unit_test(keys_of_children_are_those_of_nist),
		cmocka_unit_test(keys_with_sha256_are_those_of_nist),
		cmocka_unit_test(keys_of_a_rekeyed_ike_sa_come_from_the_old_one),
		cmocka_unit_test(keymat_wants_what_it_needs),
		cmocka_unit_test(exchanges_compute_what_the_rfcs_say),
		cmocka_unit_test(numbers_of_modp_groups_are_padded),
		cmocka_unit_test(both_sides_of_every_group_agree),
		cmocka_unit_test(values_outside_the_group_are_refused),
		cmocka_unit_test(gcm_computes_what_was_published),
		cmocka_unit_test(cbc_encrypts_and_then_authenticates),
		cmocka_unit_test(what_was_changed_is_not_authentic),
		cmocka_unit_test(random_octets_come_from_where_they_are_told),
		cmocka_unit_test(sha1_is_sha1),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
