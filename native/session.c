/*
 * ONNX Runtime's sessions for Node, with the operators of this library. It opens the runtime that `onnxruntime-node` brings.
 *
 *   open(path)                              loads the runtime from its shared library
 *   create(bytes, inputs, outputs, options) a session of an ONNX model whose inputs and outputs have these names
 *   run(session, inputs, outputs)           tensors [type, data, shape]; an output is one to write to, or null. Returns those that were null
 *   endProfiling(session)                   the file that holds the profile
 *   release(session)
 *   adamw(…), sumOfSquares(…)               kernels over the memory of parameters
 */
#include "onnxruntime.h"
#include "operators.h"
#include "optimizer.h"
#include "pool.h"
#include "tiles.h"

#include <dlfcn.h>
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

static const OrtApi *api;
static OrtEnv *environment;
static OrtMemoryInfo *memory;
/* Whether sessions have their memory from the pool. */
static int has_pool;

typedef struct {
  OrtSession *session;
  OrtCustomOpDomain *domain;
  char **names;
  size_t input_count, output_count;
  OrtValue **values;
  int uses_pool;
} Session;

/* Throws in JavaScript where the runtime says no; true where it did. */
static int failed(napi_env env, OrtStatus *status) {
  if (status == NULL) return 0;
  napi_throw_error(env, NULL, CALL(api, error_message)(status));
  CALL(api, release_status)(status);
  return 1;
}

static napi_value thrown(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

static char *text_of(napi_env env, napi_value value) {
  size_t length;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) return NULL;
  char *text = malloc(length + 1);
  if (text != NULL) napi_get_value_string_utf8(env, value, text, length + 1, &length);
  return text;
}

static napi_value open_runtime(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  if (api != NULL) return NULL;
  char *path = text_of(env, argument);
  void *library = path == NULL ? NULL : dlopen(path, RTLD_NOW | RTLD_LOCAL);
  free(path);
  if (library == NULL) return thrown(env, dlerror());
  const OrtApiBase *(*base)(void);
  *(void **)&base = dlsym(library, "OrtGetApiBase");
  if (base == NULL) return thrown(env, "the library is no ONNX Runtime");
  const OrtApi *found = base()->get_api(runtime_interface_version);
  if (found == NULL) return thrown(env, "this ONNX Runtime is older than 1.18");
  enum { warnings = 3, arena = 1, device = 0, default_memory = 0 };
  OrtMemoryInfo *pooled = NULL;
  OrtStatus *status = CALL(found, create_env)(warnings, "yuksu", &environment);
  if (status == NULL) status = CALL(found, create_cpu_memory)(arena, default_memory, &memory);
  if (status == NULL) status = CALL(found, create_cpu_memory)(device, default_memory, &pooled);
  OrtAllocator *pool = status == NULL ? memory_pool(pooled) : NULL;
  if (pool != NULL) {
    status = CALL(found, register_allocator)(environment, pool);
    has_pool = status == NULL;
  }
  if (status != NULL) return thrown(env, CALL(found, error_message)(status));
  api = found;
  return NULL;
}

static void release_contents(Session *session) {
  if (session->session != NULL) CALL(api, release_session)(session->session);
  if (session->domain != NULL) CALL(api, release_domain)(session->domain);
  if (session->uses_pool) leave_pool();
  if (session->names != NULL)
    for (size_t index = 0; index < session->input_count + session->output_count; index++) free(session->names[index]);
  free(session->names);
  free(session->values);
  memset(session, 0, sizeof *session);
}

static void finalize_session(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  release_contents(data);
  free(data);
}

static double number_of(napi_env env, napi_value object, const char *name) {
  napi_value value;
  double number = 0;
  if (napi_get_named_property(env, object, name, &value) == napi_ok) napi_get_value_double(env, value, &number);
  return number;
}

static OrtStatus *configure(OrtSessionOptions *options, napi_env env, napi_value given, Session *session) {
  OrtStatus *status = CALL(api, set_threads)(options, (int)number_of(env, given, "threads"));
  if (status == NULL) status = CALL(api, set_log_level)(options, 3);
  if (status == NULL) status = CALL(api, disable_memory_pattern)(options);
  /* The pool is shared, so a session that keeps no memory for itself has it from there too. */
  if (status == NULL && !has_pool && number_of(env, given, "keepMemory") == 0) status = CALL(api, disable_arena)(options);
  if (status == NULL && has_pool) {
    status = CALL(api, add_configuration)(options, "session.use_env_allocators", "1");
    if (status == NULL) join_pool();
    session->uses_pool = status == NULL;
  }
  if (status == NULL)
    status = CALL(api, add_configuration)(options, "session.intra_op.allow_spinning",
                                          number_of(env, given, "spin") == 0 ? "0" : "1");
  /* Between runs the processors are for others, such as the kernels of an optimizer. */
  if (status == NULL) status = CALL(api, add_configuration)(options, "session.force_spinning_stop", "1");
  napi_value prefix;
  napi_valuetype type;
  if (status == NULL && napi_get_named_property(env, given, "profilePrefix", &prefix) == napi_ok &&
      napi_typeof(env, prefix, &type) == napi_ok && type == napi_string) {
    char *text = text_of(env, prefix);
    status = CALL(api, enable_profiling)(options, text);
    free(text);
  }
  if (status == NULL) status = register_operators(api, options, &session->domain);
  return status;
}

static int read_names(napi_env env, napi_value list, char **names, size_t count) {
  for (size_t index = 0; index < count; index++) {
    napi_value name;
    if (napi_get_element(env, list, index, &name) != napi_ok) return 0;
    names[index] = text_of(env, name);
    if (names[index] == NULL) return 0;
  }
  return 1;
}

static napi_value create(napi_env env, napi_callback_info info) {
  size_t count = 4, length;
  napi_value arguments[4], external;
  void *bytes;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  if (api == NULL) return thrown(env, "open the runtime first");
  if (napi_get_typedarray_info(env, arguments[0], NULL, &length, &bytes, NULL, NULL) != napi_ok)
    return thrown(env, "a model's bytes are expected");
  uint32_t inputs, outputs;
  napi_get_array_length(env, arguments[1], &inputs);
  napi_get_array_length(env, arguments[2], &outputs);
  Session *session = calloc(1, sizeof *session);
  if (session == NULL) return thrown(env, "no memory for a session");
  session->input_count = inputs;
  session->output_count = outputs;
  session->names = calloc(inputs + outputs, sizeof *session->names);
  session->values = calloc(inputs + outputs, sizeof *session->values);
  OrtSessionOptions *options = NULL;
  const int named = session->names != NULL && session->values != NULL &&
                    read_names(env, arguments[1], session->names, inputs) &&
                    read_names(env, arguments[2], session->names + inputs, outputs);
  if (!named) {
    finalize_session(env, session, NULL);
    return thrown(env, "names of inputs and outputs are expected");
  }
  OrtStatus *status = CALL(api, create_session_options)(&options);
  if (status == NULL) status = configure(options, env, arguments[3], session);
  if (status == NULL)
    status = CALL(api, create_session_from_array)(environment, bytes, length, options, &session->session);
  if (options != NULL) CALL(api, release_session_options)(options);
  if (failed(env, status)) {
    finalize_session(env, session, NULL);
    return NULL;
  }
  napi_create_external(env, session, finalize_session, NULL, &external);
  return external;
}

enum { most_axes = 16 };

/* A view of a tensor [type, data, shape] of JavaScript; NULL after an error. */
static OrtValue *view_of(napi_env env, napi_value tensor) {
  napi_value parts[3];
  void *data;
  size_t length, bytes;
  int type;
  uint32_t rank;
  int64_t sizes[most_axes];
  napi_typedarray_type element;
  for (uint32_t index = 0; index < 3; index++)
    if (napi_get_element(env, tensor, index, &parts[index]) != napi_ok) return NULL;
  if (napi_get_value_int32(env, parts[0], &type) != napi_ok ||
      napi_get_typedarray_info(env, parts[1], &element, &length, &data, NULL, NULL) != napi_ok ||
      napi_get_array_length(env, parts[2], &rank) != napi_ok || rank > most_axes) {
    thrown(env, "a tensor [type, data, shape] is expected");
    return NULL;
  }
  size_t elements = 1;
  for (uint32_t axis = 0; axis < rank; axis++) {
    napi_value size;
    napi_get_element(env, parts[2], axis, &size);
    napi_get_value_int64(env, size, &sizes[axis]);
    elements *= sizes[axis];
  }
  if (elements > length) {
    thrown(env, "a tensor has fewer numbers than its shape says");
    return NULL;
  }
  bytes = element == napi_bigint64_array ? 8 : element == napi_float32_array || element == napi_int32_array ? 4 : 1;
  OrtValue *value;
  return failed(env, CALL(api, create_tensor)(memory, data, elements * bytes, sizes, rank, type, &value)) ? NULL : value;
}

/* [type, ArrayBuffer, shape] of a value that the runtime made. */
static napi_value copy_of(napi_env env, OrtValue *value) {
  OrtTypeAndShape *shape;
  int type = 0;
  size_t rank = 0, elements = 0;
  int64_t sizes[most_axes];
  void *data, *copy;
  if (failed(env, CALL(api, type_and_shape)(value, &shape))) return NULL;
  OrtStatus *status = CALL(api, element_type)(shape, &type);
  if (status == NULL) status = CALL(api, dimension_count)(shape, &rank);
  if (status == NULL) status = CALL(api, dimensions)(shape, sizes, rank);
  if (status == NULL) status = CALL(api, element_count)(shape, &elements);
  if (status == NULL) status = CALL(api, tensor_data)(value, &data);
  CALL(api, release_type_and_shape)(shape);
  if (failed(env, status)) return NULL;
  enum { int32 = 6, int64 = 7 };
  const size_t bytes = elements * (type == int64 ? 8 : type == element_float || type == int32 ? 4 : 1);
  napi_value result, buffer, number, list;
  napi_create_array_with_length(env, 3, &result);
  napi_create_int32(env, type, &number);
  napi_set_element(env, result, 0, number);
  if (napi_create_arraybuffer(env, bytes, &copy, &buffer) != napi_ok) return thrown(env, "no memory for a result");
  memcpy(copy, data, bytes);
  napi_set_element(env, result, 1, buffer);
  napi_create_array_with_length(env, rank, &list);
  for (size_t axis = 0; axis < rank; axis++) {
    napi_create_int64(env, sizes[axis], &number);
    napi_set_element(env, list, axis, number);
  }
  napi_set_element(env, result, 2, list);
  return result;
}

static Session *session_of(napi_env env, napi_value value) {
  Session *session = NULL;
  napi_get_value_external(env, value, (void **)&session);
  if (session != NULL && session->session != NULL) return session;
  thrown(env, "the session was released");
  return NULL;
}

static napi_value run_session(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3], tensor, results;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  Session *session = session_of(env, arguments[0]);
  if (session == NULL) return NULL;
  const size_t inputs = session->input_count, outputs = session->output_count;
  OrtValue **values = session->values;
  memset(values, 0, (inputs + outputs) * sizeof *values);
  napi_create_array_with_length(env, outputs, &results);
  int right = 1;
  for (size_t index = 0; right && index < inputs; index++) {
    napi_get_element(env, arguments[1], index, &tensor);
    values[index] = view_of(env, tensor);
    right = values[index] != NULL;
  }
  for (size_t index = 0; right && index < outputs; index++) {
    napi_valuetype type;
    napi_get_element(env, arguments[2], index, &tensor);
    napi_typeof(env, tensor, &type);
    if (type == napi_null) continue;
    values[inputs + index] = view_of(env, tensor);
    right = values[inputs + index] != NULL;
    napi_set_element(env, results, index, tensor);
  }
  right = right && !failed(env, CALL(api, run)(session->session, NULL, (const char *const *)session->names,
                                               (const OrtValue *const *)values, inputs,
                                               (const char *const *)session->names + inputs, outputs, values + inputs));
  for (size_t index = 0; right && index < outputs; index++) {
    napi_valuetype type;
    napi_get_element(env, arguments[2], index, &tensor);
    napi_typeof(env, tensor, &type);
    if (type != napi_null) continue;
    tensor = copy_of(env, values[inputs + index]);
    right = tensor != NULL;
    if (right) napi_set_element(env, results, index, tensor);
  }
  for (size_t index = 0; index < inputs + outputs; index++)
    if (values[index] != NULL) CALL(api, release_value)(values[index]);
  return right ? results : NULL;
}

static napi_value end_profile(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument, result;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  Session *session = session_of(env, argument);
  OrtAllocator *allocator;
  char *file;
  if (session == NULL || failed(env, CALL(api, default_allocator)(&allocator)) ||
      failed(env, CALL(api, end_profiling)(session->session, allocator, &file)))
    return NULL;
  napi_create_string_utf8(env, file, NAPI_AUTO_LENGTH, &result);
  OrtStatus *status = CALL(api, allocator_free)(allocator, file);
  return failed(env, status) ? NULL : result;
}

static napi_value release(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  Session *session = NULL;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_external(env, argument, (void **)&session);
  if (session != NULL) release_contents(session);
  return NULL;
}

static napi_value supported(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value result;
  napi_get_boolean(env, !tiles_unsupported(), &result);
  return result;
}

/* adamw(memory, numbers, threads): places in the memory in bytes, then the length and the settings, in the order of the kernel in WebAssembly. */
static napi_value update(napi_env env, napi_callback_info info) {
  enum { number_count = 12 };
  size_t count = 3, bytes, length, offset;
  napi_value arguments[3], buffer;
  napi_typedarray_type type;
  void *memory, *data;
  double threads;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  if (napi_get_arraybuffer_info(env, arguments[0], &memory, &bytes) != napi_ok ||
      napi_get_typedarray_info(env, arguments[1], &type, &length, &data, &buffer, &offset) != napi_ok ||
      type != napi_float64_array || length != number_count || napi_get_value_double(env, arguments[2], &threads) != napi_ok)
    return thrown(env, "adamw: a memory, twelve numbers and a number of threads are expected");
  const double *numbers = data;
  for (int index = 0; index < 4; index++)
    if (numbers[index] < 0 || numbers[index] + 4 * numbers[4] > bytes || (size_t)numbers[index] % 64 != 0)
      return thrown(env, "adamw: an array is not within the memory, or begins at no multiple of 64");
  float *arrays[4];
  for (int index = 0; index < 4; index++) arrays[index] = (float *)((char *)memory + (size_t)numbers[index]);
  const AdamW step = {
      .weight = arrays[0],
      .gradient = arrays[1],
      .mean = arrays[2],
      .square = arrays[3],
      .length = numbers[4],
      .beta1 = numbers[5],
      .beta2 = numbers[6],
      .rate = numbers[7],
      .root = numbers[8],
      .epsilon = numbers[9],
      .keep = numbers[10],
      .factor = numbers[11],
  };
  adamw(&step, threads < 1 ? 1 : (size_t)threads);
  return NULL;
}

/* sumOfSquares(memory, pointer, length, threads) */
static napi_value square(napi_env env, napi_callback_info info) {
  size_t count = 4, bytes;
  napi_value arguments[4], result;
  void *memory;
  double numbers[3];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  int given = napi_get_arraybuffer_info(env, arguments[0], &memory, &bytes) == napi_ok;
  for (int index = 0; index < 3; index++)
    given = given && napi_get_value_double(env, arguments[index + 1], &numbers[index]) == napi_ok;
  if (!given) return thrown(env, "sumOfSquares: a memory, a place, a length and a number of threads are expected");
  if (numbers[0] < 0 || numbers[0] + 4 * numbers[1] > bytes || (size_t)numbers[0] % 64 != 0 || (size_t)numbers[1] % 16 != 0)
    return thrown(env, "sumOfSquares: an array is not within the memory, or begins at no multiple of 64");
  const float *x = (const float *)((char *)memory + (size_t)numbers[0]);
  napi_create_double(env, sum_of_squares(x, numbers[1], numbers[2] < 1 ? 1 : (size_t)numbers[2]), &result);
  return result;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"supported", NULL, supported, NULL, NULL, NULL, napi_default, NULL},
      {"open", NULL, open_runtime, NULL, NULL, NULL, napi_default, NULL},
      {"create", NULL, create, NULL, NULL, NULL, napi_default, NULL},
      {"run", NULL, run_session, NULL, NULL, NULL, napi_default, NULL},
      {"endProfiling", NULL, end_profile, NULL, NULL, NULL, napi_default, NULL},
      {"sumOfSquares", NULL, square, NULL, NULL, NULL, napi_default, NULL},
      {"adamw", NULL, update, NULL, NULL, NULL, napi_default, NULL},
      {"release", NULL, release, NULL, NULL, NULL, napi_default, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
