/* SPDX-License-Identifier: ISC */
#include <complex.h>
#include <math.h>
#include <string.h>

#include "kernels.h"

static uint64_t bits(double x)
{
	uint64_t result;

	memcpy(&result, &x, sizeof(result));
	return result;
}

/* ------------------------------------------------------------------ bodies */

#define BODIES 5

struct body {
	double position[3], speed[3], mass;
};

static void attract(struct body *a, struct body *b, double step)
{
	double d[3], distance = 0, force;

	for (int k = 0; k < 3; k++) {
		d[k] = a->position[k] - b->position[k];
		distance += d[k] * d[k];
	}
	force = step / (distance * sqrt(distance));
	for (int k = 0; k < 3; k++) {
		a->speed[k] -= d[k] * b->mass * force;
		b->speed[k] += d[k] * a->mass * force;
	}
}

static void advance(struct body *bodies, double step)
{
	for (int i = 0; i < BODIES; i++)
		for (int j = i + 1; j < BODIES; j++)
			attract(&bodies[i], &bodies[j], step);
	for (int i = 0; i < BODIES; i++)
		for (int k = 0; k < 3; k++)
			bodies[i].position[k] += step * bodies[i].speed[k];
}

uint64_t bodies(long count)
{
	struct body body[BODIES];

	for (int i = 0; i < BODIES; i++)
		for (int k = 0; k < 3; k++) {
			body[i].mass = i ? 0.01 * i : 39;
			body[i].position[k] = 5.0 * i + k;
			body[i].speed[k] = i ? 1.0 / (i + k) : 0;
		}
	for (long i = 0; i < count * 12000; i++)
		advance(body, 0.001);
	return bits(body[0].position[0]);
}

/* ------------------------------------------------------------------ matrix */

#define SIZE 64

static void multiply(double (*c)[SIZE], double (*a)[SIZE], double (*b)[SIZE])
{
	for (int i = 0; i < SIZE; i++)
		for (int j = 0; j < SIZE; j++) {
			double sum = 0;

			for (int k = 0; k < SIZE; k++)
				sum += a[i][k] * b[k][j];
			c[i][j] = sum / SIZE;
		}
}

uint64_t matrix(long count)
{
	static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

	for (int i = 0; i < SIZE; i++)
		for (int j = 0; j < SIZE; j++) {
			a[i][j] = i == j ? SIZE : 0.25;
			b[i][j] = 1.0 / (1 + i + j);
		}
	for (long i = 0; i < count * 2; i++) {
		multiply(c, a, b);
		multiply(b, a, c);
	}
	return bits(b[1][2]);
}

/* --------------------------------------------------------------- transform */

#define POINTS 1024

static void fourier(double complex *x)
{
	for (int size = POINTS; size > 1; size /= 2)
		for (int k = 0; k < size / 2; k++) {
			double angle = -2 * M_PI * k / size;
			double complex turn = CMPLX(cos(angle), sin(angle));

			for (int i = k; i < POINTS; i += size) {
				double complex a = x[i], b = x[i + size / 2];
				double complex d = a - b;

				x[i] = a + b;
				x[i + size / 2] =
				        CMPLX(creal(d) * creal(turn) -
				                      cimag(d) * cimag(turn),
				              creal(d) * cimag(turn) +
				                      cimag(d) * creal(turn));
			}
		}
}

uint64_t transform(long count)
{
	static double complex x[POINTS];

	for (int i = 0; i < POINTS; i++)
		x[i] = i % 100;
	for (long i = 0; i < count * 30; i++) {
		fourier(x);
		for (int k = 0; k < POINTS; k++)
			x[k] /= 32;
	}
	return bits(creal(x[5]));
}
