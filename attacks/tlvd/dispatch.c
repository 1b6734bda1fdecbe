/* SPDX-License-Identifier: ISC */

/* Requests. */

#include "tlvd.h"

/* Not const: modules of earlier versions registered their own. */
handler *handlers[TLV_TYPES] = {
        [TLV_HELLO] = hello,
        [TLV_ECHO] = echo,
        [TLV_KEY] = key,
        [TLV_LOGIN] = login,
        [TLV_MOTD] = motd,
        [TLV_NOTE_NEW] = note_new,
        [TLV_NOTE_SET] = note_set,
        [TLV_NOTE_GET] = note_get,
        [TLV_NOTE_DROP] = note_drop,
        [TLV_NOTE_PIN] = note_pin,
        [TLV_NOTE_SHOW] = note_show,
        [TLV_COUNTER_ADD] = counter_add,
        [TLV_COUNTER_GET] = counter_get,
        [TLV_VARIABLE_SET] = variable_set,
        [TLV_VARIABLE_CAST] = variable_cast,
        [TLV_VARIABLE_GET] = variable_get,
        [TLV_LOG] = log_text,
        [TLV_NAME] = set_name,
        [TLV_PROFILE] = set_profile,
        [TLV_TABLE] = table,
        [TLV_HEARTBEAT] = heartbeat,
        [TLV_STATUS] = status,
        [TLV_LABEL] = label,
        [TLV_JOB] = job_add,
        [TLV_RUN] = job_run,
        [TLV_ADDRESS] = address,
};

size_t dispatch(struct session *session, const uint8_t *input)
{
	size_t length;

	if (session->received < TLV_HEADER)
		return 0;
	length = get_u16(input + 2);
	if (length > TLV_VALUE) {
		session->received = 0;
		reply_error("too long");
		return 0;
	}
	if (session->received < TLV_HEADER + length)
		return 0;
	if (input[0] < TLV_TYPES && handlers[input[0]])
		handlers[input[0]](input + TLV_HEADER, length);
	else
		reply_error("unknown type");
	session->requests++;
	return TLV_HEADER + length;
}
