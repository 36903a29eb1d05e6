#ifndef YUKSU_OPERATORS_H
#define YUKSU_OPERATORS_H

#include "onnxruntime.h"
#include "parallel.h"

/* The domain of the operators that this library adds to the runtime. */
extern const char operator_domain[];

/* Adds them to a session's options. The domain must live as long as the session. */
OrtStatus *register_operators(const OrtApi *api, OrtSessionOptions *options, OrtCustomOpDomain **domain);

/*
 * One of them. Operands and results are of float32, but for the operands of int64 and of bytes whose bits are set in `integers` and `bytes`. Where `in_place`, the
 * first result may lie where the first operand does. The runtime is handed a pointer to its first member.
 */
typedef struct {
  OrtCustomOp interface;
  const char *name;
  size_t inputs, outputs;
  unsigned integers, bytes;
  int in_place;
} Operator;

extern Operator product_operator, biased_product_operator, attention_operator, attention_gradient_operator, silu_gradient_operator,
    gelu_gradient_operator, gelu_tanh_gradient_operator, squared_relu_gradient_operator, squared_relu_operator, gated_silu_operator,
    gated_silu_gradient_operator,
    layer_normalization_gradient_operator, rms_normalization_gradient_operator, sum_rows_operator, add_to_rows_operator,
    add_rows_to_operator, add_to_places_operator,
    blocks_product_operator, dequantize_operator;

/* `create` and `destroy` of an operator without attributes: what `compute` is handed is the runtime's interface. */
OrtStatus *stateless(const OrtCustomOp *self, const OrtApi *api, const OrtKernelInfo *info, void **out);
void keep(void *data);

/* For what may fail: returns the failure. */
#define TRY(call)                      \
  do {                                 \
    OrtStatus *status = (call);        \
    if (status != NULL) return status; \
  } while (0)

enum { largest_rank = 8 };

typedef struct {
  const float *data;
  int64_t sizes[largest_rank];
  size_t rank;
} Operand;

/* How many numbers it holds. */
size_t operand_length(const Operand *operand);

OrtStatus *failure(const OrtApi *api, const char *message);
OrtStatus *read_operand(const OrtApi *api, const OrtKernelContext *context, size_t index, Operand *operand);
OrtStatus *make_result(const OrtApi *api, OrtKernelContext *context, size_t index, const int64_t *sizes, size_t rank,
                       float **data);

/* Tasks on the threads of the session. `Parallel.runner` is one of these. */
typedef struct {
  const OrtApi *api;
  const OrtKernelContext *context;
} Runner;

void run_tasks(const void *runner, void (*task)(void *data, size_t index), size_t count, void *data);

#endif
