/* oid.c - pcap_oid_get_request(), pcap_oid_set_request(): what is asked of whom, and whether the caller's buffer will do. */
#include "npcap/oid.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define LEAST_BUFFER 4 /* Npcap's, even for an object of 2 bytes */

uint32_t cst_oid_fail(struct oid_subject *s, uint32_t code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s->reason, sizeof(s->reason), fmt, ap);
	va_end(ap);
	return code;
}

uint32_t cst_oid_fail_errno(struct oid_subject *s, int error, const char *what)
{
	static const struct {
		int error;
		uint32_t code;
	} codes[] = {
		{ EOPNOTSUPP, CODE_NOT_SUPPORTED }, { ENODEV, CODE_DEVICE_REMOVED }, { ENXIO, CODE_DEVICE_REMOVED },
		{ EPERM, CODE_ACCESS_DENIED },      { EACCES, CODE_ACCESS_DENIED },  { ENOMEM, CODE_NO_MEMORY },
		{ EINVAL, CODE_INVALID_PARAMETER },
	};
	char text[80];
	uint32_t code = CODE_GENERAL_FAILURE;

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (codes[i].error == error)
			code = codes[i].code;
	if (error == ENODEV || error == ENXIO)
		return cst_oid_fail(s, code, "the interface disappeared");
	return cst_oid_fail(s, code, "%s: %s", what, strerror_r(error, text, sizeof(text)));
}

void cst_oid_put(struct oid_answer *a, const void *bytes, size_t count)
{
	if (a->no_memory || count == 0)
		return;
	if (a->capacity - a->length < count) {
		size_t capacity = 2 * a->capacity + count + 64;
		uint8_t *more = realloc(a->bytes, capacity);
		if (!more) {
			a->no_memory = true;
			return;
		}
		a->bytes = more;
		a->capacity = capacity;
	}
	memcpy(a->bytes + a->length, bytes, count);
	a->length += count;
}

uint32_t cst_oid_put32(struct oid_answer *a, uint32_t value)
{
	cst_oid_put(a, &value, sizeof(value));
	return 0;
}

uint32_t cst_oid_put64(struct oid_answer *a, uint64_t value)
{
	cst_oid_put(a, &value, sizeof(value));
	return 0;
}

uint32_t cst_oid_need_link(struct oid_subject *s)
{
	if (s->asked_link == NOT_ASKED) {
		s->link_code = cst_oid_read_link(s);
		s->asked_link = s->link_code ? REFUSED : ANSWERED;
		memcpy(s->link_reason, s->reason, sizeof(s->reason));
	}
	return s->link_code ? cst_oid_fail(s, s->link_code, "%s", s->link_reason) : 0;
}

uint32_t cst_oid_need_wifi(struct oid_subject *s)
{
	if (s->asked_wifi == NOT_ASKED) {
		s->wifi_code = cst_oid_read_wifi(s);
		s->asked_wifi = s->wifi_code ? REFUSED : ANSWERED;
		memcpy(s->wifi_reason, s->reason, sizeof(s->reason));
	}
	return s->wifi_code ? cst_oid_fail(s, s->wifi_code, "%s", s->wifi_reason) : 0;
}

void cst_oid_look_at_mac(struct oid_subject *s)
{
	if (s->asked_mac == NOT_ASKED)
		s->asked_mac = cst_oid_read_mac(s) ? REFUSED : ANSWERED;
}

/* Which interface the handle's socket is bound to says the socket: its name may have changed. */
static uint32_t find_subject(struct oid_subject *s, pcap_t *p)
{
	struct sockaddr_ll bound = { 0 };
	socklen_t bytes = sizeof(bound);
	struct ifreq ifr = { 0 };
	char path[64];

	memset(s, 0, sizeof(*s));
	s->p = p;
	if (getsockname(p->fd, (struct sockaddr *)&bound, &bytes) < 0)
		return cst_oid_fail_errno(s, errno, "asking the socket for its interface");
	if (bound.sll_ifindex < 0)
		return cst_oid_fail_errno(s, ENODEV, "");
	s->ifindex = (unsigned int)bound.sll_ifindex;
	s->arphrd = bound.sll_hatype;
	s->address_bytes = bound.sll_halen;
	memcpy(s->address, bound.sll_addr, sizeof(s->address));
	if (s->ifindex == 0)
		return 0;
	ifr.ifr_ifindex = bound.sll_ifindex;
	if (ioctl(p->fd, SIOCGIFNAME, &ifr) < 0)
		return cst_oid_fail_errno(s, errno, "asking for the interface's name");
	memcpy(s->name, ifr.ifr_name, sizeof(s->name));
	snprintf(path, sizeof(path), "/sys/class/net/%s/phy80211", s->name);
	s->is_wifi = access(path, F_OK) == 0;
	return 0;
}

/* A known place in front of what went wrong, and the code behind it, which no reason may crowd out. */
static int tell(const struct oid_subject *s, const struct oid_row *row, bpf_u_int32 oid, uint32_t code)
{
	char number[16];

	snprintf(number, sizeof(number), "OID 0x%08x", oid);
	return cst_fail(s->p, PCAP_ERROR, "Error calling PacketRequest: %s of %.32s: %.120s (%u)",
			row ? row->facts.name : number, s->ifindex ? s->name : s->p->device, s->reason, code);
}

uint32_t cst_oid_check_medium(struct oid_subject *s, const struct oid_row *row)
{
	if (s->ifindex == 0 && row->medium != MEDIUM_ANY_TOO)
		return cst_oid_fail(s, CODE_INVALID_FUNCTION,
				    "this is about one interface, and \"any\" is all of them");
	if (row->medium == MEDIUM_ETHERNET && !cst_oid_is_ethernet(s))
		return cst_oid_fail(s, CODE_NOT_SUPPORTED, "the interface is not Ethernet");
	if (row->medium == MEDIUM_WIFI && !s->is_wifi)
		return cst_oid_fail(s, CODE_NOT_SUPPORTED, "the interface is not Wi-Fi");
	return 0;
}

static uint32_t unknown(struct oid_subject *s)
{
	return cst_oid_fail(s, CODE_NOT_SUPPORTED, "not known here");
}

static uint32_t query(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	if (!row)
		return unknown(s);
	if (!(row->facts.access & CAPSTAN_OID_QUERY))
		return cst_oid_fail(s, CODE_NOT_SUPPORTED, "can only be set");
	if (!row->get)
		return cst_oid_fail(s, CODE_NOT_SUPPORTED, "%s", row->missing);
	uint32_t code = cst_oid_check_medium(s, row);
	if (code == 0)
		code = row->get(s, row, a);
	if (code == 0 && a->no_memory)
		code = cst_oid_fail(s, CODE_NO_MEMORY, "no memory for the answer");
	return code;
}

/* OID_GEN_SUPPORTED_LIST: whatever would be answered now, found by asking; and what can only be set. */
uint32_t cst_oid_supported_list(struct oid_subject *s, const struct oid_row *row, struct oid_answer *a)
{
	for (size_t i = 0; i < cst_oid_row_count; i++) {
		const struct oid_row *other = &cst_oid_rows[i];
		struct oid_answer aside = { 0 };

		if (other->facts.value == row->facts.value ||
		    (other->get ? query(s, other, &aside) == 0 : other->set && cst_oid_check_medium(s, other) == 0))
			cst_oid_put32(a, other->facts.value);
		free(aside.bytes);
	}
	return 0;
}

/* How many bytes go into `room`. */
static size_t bytes_to_write(const struct oid_row *row, const struct oid_answer *a, size_t room)
{
	const size_t half = sizeof(uint32_t);

	return row->counter && room < a->length ? half : a->length;
}

/* The answer into the caller's buffer. One that is too small is told how large it has to be. */
static uint32_t hand_over(struct oid_subject *s, const struct oid_row *row, const struct oid_answer *a, void *data,
			  size_t *lenp)
{
	size_t bytes = bytes_to_write(row, a, *lenp), needed = bytes < LEAST_BUFFER ? LEAST_BUFFER : bytes;

	if (*lenp < needed) {
		uint32_t code = *lenp < LEAST_BUFFER ? CODE_BUFFER_BELOW_4 : CODE_TOO_SHORT;

		cst_oid_fail(s, code, "needs %zu bytes, and the buffer has %zu", needed, *lenp);
		*lenp = needed;
		return code;
	}
	/* The low half of a number is the first one on every machine that we run on. */
	if (bytes > 0)
		memcpy(data, a->bytes, bytes);
	*lenp = bytes;
	return 0;
}

/* What is wrong with a request whatever it is about. */
static uint32_t check_arguments(struct oid_subject *s, const void *data, const size_t *lenp)
{
	if (!lenp)
		return cst_oid_fail(s, CODE_INVALID_PARAMETER, "lenp is NULL, and should point to the size of data");
	if (*lenp > UINT32_MAX)
		return cst_oid_fail(s, CODE_INVALID_LENGTH, "%zu bytes are more than any object can have", *lenp);
	if (*lenp >= LEAST_BUFFER && !data)
		return cst_oid_fail(s, CODE_INVALID_PARAMETER, "data is NULL, and should point to %zu bytes", *lenp);
	return 0;
}

static int need_interface(pcap_t *p)
{
	if (!p)
		return PCAP_ERROR;
	return cst_need_source(p, p->ops && p->ops->set_reception, "an OID request");
}

int pcap_oid_get_request(pcap_t *p, bpf_u_int32 oid, void *data, size_t *lenp)
{
	const struct oid_row *row = cst_oid_find(oid);
	struct oid_answer answer = { 0 };
	struct oid_subject subject;
	int status = need_interface(p);

	if (status < 0)
		return status;
	uint32_t code = find_subject(&subject, p);
	if (code == 0)
		code = check_arguments(&subject, data, lenp);
	if (code == 0) {
		code = query(&subject, row, &answer);
		if (code != 0 && *lenp < LEAST_BUFFER)
			code = cst_oid_fail(&subject, CODE_BUFFER_BELOW_4, "needs a buffer of %d bytes at least, and it has %zu",
					    LEAST_BUFFER, *lenp);
		else if (code == 0)
			code = hand_over(&subject, row, &answer, data, lenp);
	}
	free(answer.bytes);
	return code ? tell(&subject, row, oid, code) : 0;
}

static uint32_t set(struct oid_subject *s, const struct oid_row *row, const void *data, size_t *lenp)
{
	size_t used = 0;

	if (*lenp < LEAST_BUFFER)
		return cst_oid_fail(s, CODE_BUFFER_BELOW_4, "needs %d bytes at least, and was given %zu", LEAST_BUFFER,
				    *lenp);
	if (!row)
		return unknown(s);
	if (!(row->facts.access & CAPSTAN_OID_SET))
		return cst_oid_fail(s, CODE_NOT_SUPPORTED, "can only be queried");
	if (!row->set)
		return cst_oid_fail(s, CODE_NOT_SUPPORTED, "%s",
				    row->missing ? row->missing : "cannot be set through a capture handle");
	uint32_t code = cst_oid_check_medium(s, row);
	if (code == 0)
		code = row->set(s, data, *lenp, &used);
	if (code == 0)
		*lenp = used;
	return code;
}

int pcap_oid_set_request(pcap_t *p, bpf_u_int32 oid, const void *data, size_t *lenp)
{
	const struct oid_row *row = cst_oid_find(oid);
	struct oid_subject subject;
	int status = need_interface(p);

	if (status < 0)
		return status;
	uint32_t code = find_subject(&subject, p);
	if (code == 0)
		code = check_arguments(&subject, data, lenp);
	if (code == 0)
		code = set(&subject, row, data, lenp);
	return code ? tell(&subject, row, oid, code) : 0;
}
