/* SPDX-License-Identifier: MIT */
/* What is done with a chain of payloads, encrypted or not. */
#ifndef IKE_FUZZ_PAYLOADS_H
#define IKE_FUZZ_PAYLOADS_H

#include "wire.h"

/**
 * payloads_try - reads every payload of a chain with the parser of its type, and puts to use what
 * it says
 * @chain: the chain
 */
void payloads_try(const struct ike_chain *chain);

#endif
