/*
 * What this library uses of ONNX Runtime's C interface, which is a table of functions whose places never change. (Places: `OrtApi` in
 * onnxruntime_c_api.h of version 1.18 and later; operators: `OrtCustomOp` of interface version 18.)
 */
#ifndef YUKSU_ONNXRUNTIME_H
#define YUKSU_ONNXRUNTIME_H

#include <stddef.h>
#include <stdint.h>

enum { runtime_interface_version = 18, operator_interface_version = 18 };

typedef struct OrtStatus OrtStatus;
typedef struct OrtEnv OrtEnv;
typedef struct OrtSession OrtSession;
typedef struct OrtSessionOptions OrtSessionOptions;
typedef struct OrtCustomOpDomain OrtCustomOpDomain;
typedef struct OrtMemoryInfo OrtMemoryInfo;
typedef struct OrtValue OrtValue;
typedef struct OrtTypeAndShape OrtTypeAndShape;
typedef struct OrtKernelInfo OrtKernelInfo;
typedef struct OrtKernelContext OrtKernelContext;
typedef struct OrtCustomOp OrtCustomOp;

typedef struct OrtAllocator {
  uint32_t version;
  void *(*alloc)(struct OrtAllocator *self, size_t bytes);
  void (*free)(struct OrtAllocator *self, void *data);
  const OrtMemoryInfo *(*info)(const struct OrtAllocator *self);
} OrtAllocator;

typedef void (*AnyFunction)(void);

typedef struct {
  AnyFunction entries[300];
} OrtApi;

typedef struct {
  const OrtApi *(*get_api)(uint32_t version);
  const char *(*get_version)(void);
} OrtApiBase;

enum { element_float = 1, element_uint8 = 2, element_int64 = 7 };

/* How an element of `OrtApi` is called: CALL(api, name)(arguments). */
#define CALL(api, name) ((name##_function)(api)->entries[name##_place])

#define ENTRY(name, place, result, ...)         \
  enum { name##_place = place };                \
  typedef result (*name##_function)(__VA_ARGS__)

ENTRY(create_status, 0, OrtStatus *, int code, const char *message);
ENTRY(error_message, 2, const char *, const OrtStatus *);
ENTRY(create_env, 3, OrtStatus *, int level, const char *name, OrtEnv **);
ENTRY(create_session_from_array, 8, OrtStatus *, const OrtEnv *, const void *bytes, size_t length,
      const OrtSessionOptions *, OrtSession **);
ENTRY(run, 9, OrtStatus *, OrtSession *, const void *options, const char *const *input_names,
      const OrtValue *const *inputs, size_t input_count, const char *const *output_names, size_t output_count,
      OrtValue **outputs);
ENTRY(create_session_options, 10, OrtStatus *, OrtSessionOptions **);
ENTRY(enable_profiling, 14, OrtStatus *, OrtSessionOptions *, const char *prefix);
ENTRY(disable_memory_pattern, 17, OrtStatus *, OrtSessionOptions *);
ENTRY(disable_arena, 19, OrtStatus *, OrtSessionOptions *);
ENTRY(set_log_level, 22, OrtStatus *, OrtSessionOptions *, int level);
ENTRY(set_threads, 24, OrtStatus *, OrtSessionOptions *, int threads);
ENTRY(create_domain, 26, OrtStatus *, const char *name, OrtCustomOpDomain **);
ENTRY(add_operator, 27, OrtStatus *, OrtCustomOpDomain *, const OrtCustomOp *);
ENTRY(add_domain, 28, OrtStatus *, OrtSessionOptions *, OrtCustomOpDomain *);
ENTRY(create_tensor, 49, OrtStatus *, const OrtMemoryInfo *, void *data, size_t bytes, const int64_t *shape,
      size_t rank, int type, OrtValue **);
ENTRY(tensor_data, 51, OrtStatus *, OrtValue *, void **data);
ENTRY(element_type, 60, OrtStatus *, const OrtTypeAndShape *, int *type);
ENTRY(dimension_count, 61, OrtStatus *, const OrtTypeAndShape *, size_t *count);
ENTRY(dimensions, 62, OrtStatus *, const OrtTypeAndShape *, int64_t *sizes, size_t count);
ENTRY(element_count, 64, OrtStatus *, const OrtTypeAndShape *, size_t *count);
ENTRY(type_and_shape, 65, OrtStatus *, const OrtValue *, OrtTypeAndShape **);
ENTRY(create_cpu_memory, 69, OrtStatus *, int allocator, int memory, OrtMemoryInfo **);
ENTRY(allocator_free, 76, OrtStatus *, OrtAllocator *, void *);
ENTRY(default_allocator, 78, OrtStatus *, OrtAllocator **);
ENTRY(attribute_float, 85, OrtStatus *, const OrtKernelInfo *, const char *name, float *);
ENTRY(attribute_integer, 86, OrtStatus *, const OrtKernelInfo *, const char *name, int64_t *);
ENTRY(context_input, 90, OrtStatus *, const OrtKernelContext *, size_t index, const OrtValue **);
ENTRY(context_output, 91, OrtStatus *, OrtKernelContext *, size_t index, const int64_t *shape, size_t rank,
      OrtValue **);
ENTRY(release_status, 93, void, OrtStatus *);
ENTRY(release_session, 95, void, OrtSession *);
ENTRY(release_value, 96, void, OrtValue *);
ENTRY(release_type_and_shape, 99, void, OrtTypeAndShape *);
ENTRY(release_session_options, 100, void, OrtSessionOptions *);
ENTRY(release_domain, 101, void, OrtCustomOpDomain *);
ENTRY(end_profiling, 110, OrtStatus *, OrtSession *, OrtAllocator *, char **file);
ENTRY(add_configuration, 130, OrtStatus *, OrtSessionOptions *, const char *key, const char *value);
ENTRY(release_allocator, 132, void, OrtAllocator *);
ENTRY(register_allocator, 176, OrtStatus *, OrtEnv *, OrtAllocator *);
ENTRY(parallel_for, 274, OrtStatus *, const OrtKernelContext *, void (*task)(void *data, size_t index),
      size_t count, size_t batches, void *data);
ENTRY(kernel_allocator, 278, OrtStatus *, const OrtKernelInfo *, int memory, OrtAllocator **);

/* The runtime's own name: it is handed a pointer to this. */
struct OrtCustomOp {
  uint32_t version;
  void *(*create_kernel)(const OrtCustomOp *, const OrtApi *, const OrtKernelInfo *);
  const char *(*name)(const OrtCustomOp *);
  const char *(*execution_provider)(const OrtCustomOp *);
  int (*input_type)(const OrtCustomOp *, size_t index);
  size_t (*input_count)(const OrtCustomOp *);
  int (*output_type)(const OrtCustomOp *, size_t index);
  size_t (*output_count)(const OrtCustomOp *);
  void (*compute)(void *kernel, OrtKernelContext *);
  void (*destroy)(void *kernel);
  int (*input_characteristic)(const OrtCustomOp *, size_t index);
  int (*output_characteristic)(const OrtCustomOp *, size_t index);
  int (*input_memory)(const OrtCustomOp *, size_t index);
  int (*variadic_input_minimum)(const OrtCustomOp *);
  int (*variadic_input_homogeneous)(const OrtCustomOp *);
  int (*variadic_output_minimum)(const OrtCustomOp *);
  int (*variadic_output_homogeneous)(const OrtCustomOp *);
  OrtStatus *(*create_kernel_2)(const OrtCustomOp *, const OrtApi *, const OrtKernelInfo *, void **kernel);
  OrtStatus *(*compute_2)(void *kernel, OrtKernelContext *);
  OrtStatus *(*infer_shape)(const OrtCustomOp *, void *context);
  int (*first_version)(const OrtCustomOp *);
  int (*last_version)(const OrtCustomOp *);
  /* Which results may take the place of which operands, as two lists of one length, which is returned; and what frees them. */
  size_t (*may_replace)(int **operands, int **results);
  void (*release_may_replace)(int *operands, int *results);
  /* Which results always lie where operands do; not used. */
  AnyFunction aliases[2];
};

#endif
