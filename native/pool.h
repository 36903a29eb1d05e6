#ifndef YUKSU_POOL_H
#define YUKSU_POOL_H

#include "onnxruntime.h"

/*
 * The memory that sessions compute in: one pool for all of them, which grows by what is asked for and not by doubling, and lies in large pages where the system has
 * them. Null where there is no address space for it. `info` says what memory it is.
 */
OrtAllocator *memory_pool(const OrtMemoryInfo *info);

/* A session begins to use the pool, or ends; what the last one leaves goes back to the system. */
void join_pool(void);
void leave_pool(void);

#endif
