/* SPDX-License-Identifier: ISC */
#include "guest/linux/kernel.h"

struct output {
	char *to;
	size_t size, used;
};

struct directive {
	bool zero, left, negative;
	unsigned width;
	int precision; /* -1: none */
	unsigned longs;
	char kind;
};

static void put(struct output *out, char c)
{
	if (out->used + 1 < out->size)
		out->to[out->used] = c;
	out->used++;
}

static void fill(struct output *out, char c, unsigned count)
{
	while (count--)
		put(out, c);
}

static void put_padded(struct output *out, const struct directive *d,
                       const char *text, size_t size)
{
	size_t whole = size + d->negative;
	unsigned pad = d->width > whole ? d->width - (unsigned)whole : 0;

	if (!d->left && !d->zero)
		fill(out, ' ', pad);
	if (d->negative)
		put(out, '-');
	if (!d->left && d->zero)
		fill(out, '0', pad);
	for (size_t i = 0; i < size; i++)
		put(out, text[i]);
	if (d->left)
		fill(out, ' ', pad);
}

static void put_number(struct output *out, const struct directive *d,
                       uint64_t value)
{
	unsigned base = d->kind == 'x' || d->kind == 'X' ? 16
	                : d->kind == 'o'                 ? 8
	                                                 : 10;
	const char *digits =
	        d->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24];
	size_t at = sizeof(text);

	do {
		text[--at] = digits[value % base];
		value /= base;
	} while (value);
	put_padded(out, d, text + at, sizeof(text) - at);
}

static const char *parse(const char *p, struct directive *d, va_list *list)
{
	*d = (struct directive){.precision = -1};
	for (;; p++) {
		if (*p == '0')
			d->zero = true;
		else if (*p == '-')
			d->left = true;
		else
			break;
	}
	if (*p == '*') {
		d->width = va_arg(*list, unsigned);
		p++;
	}
	for (; *p >= '0' && *p <= '9'; p++)
		d->width = d->width * 10 + (unsigned)(*p - '0');
	if (*p == '.') {
		d->precision = 0;
		p++;
		if (*p == '*') {
			d->precision = va_arg(*list, int);
			p++;
		}
		for (; *p >= '0' && *p <= '9'; p++)
			d->precision = d->precision * 10 + (*p - '0');
	}
	for (; *p == 'l' || *p == 'z'; p++)
		d->longs++;
	d->kind = *p;
	return *p ? p + 1 : p;
}

static void put_argument(struct output *out, struct directive *d, va_list *list)
{
	const char *text;
	int64_t value;
	char c;

	switch (d->kind) {
	case 's':
		text = va_arg(*list, const char *);
		if (!text)
			text = "(null)";
		d->zero = false;
		put_padded(out, d, text,
		           d->precision >= 0
		                   ? strnlen(text, (size_t)d->precision)
		                   : strlen(text));
		break;
	case 'c':
		c = (char)va_arg(*list, int);
		put_padded(out, d, &c, 1);
		break;
	case 'd':
	case 'i':
		value = d->longs ? va_arg(*list, int64_t) : va_arg(*list, int);
		d->negative = value < 0;
		put_number(out, d,
		           value < 0 ? -(uint64_t)value : (uint64_t)value);
		break;
	case 'u':
	case 'x':
	case 'X':
	case 'o':
		put_number(out, d,
		           d->longs ? va_arg(*list, uint64_t)
		                    : va_arg(*list, unsigned));
		break;
	default:
		put(out, d->kind);
	}
}

int format_list(char *to, size_t size, const char *text, va_list arguments)
{
	struct output out = {.to = to, .size = size};
	struct directive d;
	va_list list;

	va_copy(list, arguments);
	while (*text) {
		if (*text != '%') {
			put(&out, *text++);
			continue;
		}
		text = parse(text + 1, &d, &list);
		if (d.kind == 0)
			break;
		put_argument(&out, &d, &list);
	}
	va_end(list);
	if (size)
		to[out.used < size ? out.used : size - 1] = 0;
	return (int)out.used;
}

int format(char *to, size_t size, const char *text, ...)
{
	va_list list;
	int n;

	va_start(list, text);
	n = format_list(to, size, text, list);
	va_end(list);
	return n;
}
