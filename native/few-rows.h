#ifndef YUKSU_FEW_ROWS_H
#define YUKSU_FEW_ROWS_H

#include "parallel.h"
#include "product.h"

enum { most_few_rows = 4 };

/* Whether a product is better read straight through: so few rows of A that B, stored transposed, is read once and never again. */
int has_few_rows(const Matrix *left, const Matrix *right);

/* out = alpha · A · B + bias in float32 itself: reading B takes longer than multiplying. */
void few_rows_product(const Matrix *left, const Matrix *right, float *out, Scaling scaling, Parallel parallel);

#endif
