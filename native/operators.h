#ifndef YUKSU_OPERATORS_H
#define YUKSU_OPERATORS_H

#include "onnxruntime.h"

/* The domain of the operators that this library adds to the runtime. */
extern const char operator_domain[];

/* Adds them to a session's options. The domain must live as long as the session. */
OrtStatus *register_operators(const OrtApi *api, OrtSessionOptions *options, OrtCustomOpDomain **domain);

#endif
