/* The operators that programs may use beside the runtime's own, and what they share: reading operands off the runtime, and its threads. */
#include "operators.h"

const char operator_domain[] = "yuksu";

OrtStatus *failure(const OrtApi *api, const char *message) {
  enum { invalid_argument = 2 };
  return CALL(api, create_status)(invalid_argument, message);
}

OrtStatus *read_operand(const OrtApi *api, const OrtKernelContext *context, size_t index, Operand *operand) {
  const OrtValue *value;
  OrtTypeAndShape *type;
  void *data;
  TRY(CALL(api, context_input)(context, index, &value));
  TRY(CALL(api, tensor_data)((OrtValue *)value, &data));
  TRY(CALL(api, type_and_shape)(value, &type));
  operand->data = data;
  OrtStatus *status = CALL(api, dimension_count)(type, &operand->rank);
  if (status == NULL && operand->rank > largest_rank) status = failure(api, "an operand has more than eight axes");
  if (status == NULL) status = CALL(api, dimensions)(type, operand->sizes, operand->rank);
  CALL(api, release_type_and_shape)(type);
  return status;
}

size_t operand_length(const Operand *operand) {
  size_t length = 1;
  for (size_t axis = 0; axis < operand->rank; axis++) length *= operand->sizes[axis];
  return length;
}

OrtStatus *make_result(const OrtApi *api, OrtKernelContext *context, size_t index, const int64_t *sizes, size_t rank,
                       float **data) {
  OrtValue *value;
  TRY(CALL(api, context_output)(context, index, sizes, rank, &value));
  return CALL(api, tensor_data)(value, (void **)data);
}

void run_tasks(const void *runner, void (*task)(void *data, size_t index), size_t count, void *data) {
  const Runner *of = runner;
  OrtStatus *status = CALL(of->api, parallel_for)(of->context, task, count, count, data);
  if (status == NULL) return;
  /* Nothing was begun: it is done here. */
  CALL(of->api, release_status)(status);
  for (size_t index = 0; index < count; index++) task(data, index);
}

OrtStatus *stateless(const OrtCustomOp *self, const OrtApi *api, const OrtKernelInfo *info, void **out) {
  (void)self, (void)info;
  *out = (void *)api;
  return NULL;
}

void keep(void *data) { (void)data; }

static const char *name_of(const OrtCustomOp *self) { return ((const Operator *)self)->name; }
static size_t inputs_of(const OrtCustomOp *self) { return ((const Operator *)self)->inputs; }
static size_t outputs_of(const OrtCustomOp *self) { return ((const Operator *)self)->outputs; }
static const char *any_provider(const OrtCustomOp *self) { return (void)self, (const char *)NULL; }
static int floats(const OrtCustomOp *self, size_t index) { return (void)self, (void)index, element_float; }
static int operand_type(const OrtCustomOp *self, size_t index) {
  const Operator *operator = (const Operator *)self;
  if ((operator->bytes >> index & 1) != 0) return element_uint8;
  return (operator->integers >> index & 1) != 0 ? element_int64 : element_float;
}
static int required(const OrtCustomOp *self, size_t index) { return (void)self, (void)index, 0; }
static int default_memory(const OrtCustomOp *self, size_t index) { return (void)self, (void)index, 0; }
static int only_version(const OrtCustomOp *self) { return (void)self, 1; }

/* The first result may take the first operand's place. */
static size_t first_for_first(int **operands, int **results) {
  static int first = 0;
  *operands = *results = &first;
  return 1;
}
static void release_nothing(int *operands, int *results) { (void)operands, (void)results; }

static OrtStatus *add(const OrtApi *api, OrtCustomOpDomain *domain, Operator *operator) {
  OrtCustomOp *interface = &operator->interface;
  interface->version = operator_interface_version;
  interface->name = name_of;
  interface->execution_provider = any_provider;
  interface->input_type = operand_type;
  interface->input_count = inputs_of;
  interface->output_type = floats;
  interface->output_count = outputs_of;
  interface->input_characteristic = required;
  interface->output_characteristic = required;
  interface->input_memory = default_memory;
  interface->first_version = only_version;
  interface->last_version = only_version;
  if (operator->in_place) {
    interface->may_replace = first_for_first;
    interface->release_may_replace = release_nothing;
  }
  return CALL(api, add_operator)(domain, interface);
}

OrtStatus *register_operators(const OrtApi *api, OrtSessionOptions *options, OrtCustomOpDomain **domain) {
  TRY(CALL(api, create_domain)(operator_domain, domain));
  Operator *const operators[] = {
      &product_operator,
      &biased_product_operator,
      &attention_operator,
      &attention_gradient_operator,
      &silu_gradient_operator,
      &gelu_gradient_operator,
      &gelu_tanh_gradient_operator,
      &squared_relu_gradient_operator,
      &squared_relu_operator,
      &gated_silu_operator,
      &gated_silu_gradient_operator,
      &layer_normalization_gradient_operator,
      &rms_normalization_gradient_operator,
      &sum_rows_operator,
      &add_to_rows_operator,
      &add_rows_to_operator,
      &add_to_places_operator,
      &blocks_product_operator,
      &dequantize_operator,
  };
  for (size_t index = 0; index < sizeof operators / sizeof *operators; index++)
    TRY(add(api, *domain, operators[index]));
  return CALL(api, add_domain)(options, *domain);
}
