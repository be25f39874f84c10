/* create.c - the way to a live handle: create, set options, activate; pcap_open_live() in one go. */
#include "handle/handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct live_source *cst_live_source_of(const char *device)
{
	const struct live_source *const *source = cst_live_sources;

	while (!(*source)->claims(device))
		source++;
	return *source;
}

pcap_t *pcap_create(const char *source, char *errbuf)
{
	pcap_t *p = cst_handle_new(CST_CREATED, errbuf);

	if (!p)
		return NULL;
	if (!source)
		source = "any";
	p->live = cst_live_source_of(source);
	p->device = strdup(source);
	if (!p->device) {
		cst_error_errno(errbuf, errno, "%s: copying the device's name", source);
		pcap_close(p);
		return NULL;
	}
	if (cst_handle_make_wakeable(p) < 0) {
		cst_error(errbuf, "%s: %s", source, p->errbuf);
		pcap_close(p);
		return NULL;
	}
	return p;
}

static int need_created(pcap_t *p, const char *what)
{
	if (p->kind != CST_CREATED)
		return cst_fail(p, PCAP_ERROR_ACTIVATED, "%s has to be called before pcap_activate()", what);
	return 0;
}

int pcap_set_snaplen(pcap_t *p, int snaplen)
{
	int status = need_created(p, __func__);

	if (status == 0)
		p->options.snaplen = snaplen;
	return status;
}

int pcap_set_promisc(pcap_t *p, int promisc)
{
	int status = need_created(p, __func__);

	if (status == 0)
		p->options.promisc = promisc != 0;
	return status;
}

int pcap_set_rfmon(pcap_t *p, int rfmon)
{
	int status = need_created(p, __func__);

	if (status == 0)
		p->options.rfmon = rfmon != 0;
	return status;
}

int pcap_set_timeout(pcap_t *p, int to_ms)
{
	int status = need_created(p, __func__);

	if (status == 0)
		p->options.timeout_ms = to_ms;
	return status;
}

int pcap_set_immediate_mode(pcap_t *p, int immediate_mode)
{
	int status = need_created(p, __func__);

	if (status == 0)
		p->options.immediate = immediate_mode != 0;
	return status;
}

/* libpcap takes a size of 0 or less as no wish at all, without a word (black-box experiment). */
int pcap_set_buffer_size(pcap_t *p, int buffer_size)
{
	int status = need_created(p, __func__);

	if (status == 0 && buffer_size > 0)
		p->options.buffer_bytes = buffer_size;
	return status;
}

int pcap_set_protocol_linux(pcap_t *p, int protocol)
{
	int status = need_created(p, __func__);

	if (status == 0)
		p->options.linux_protocol = protocol;
	return status;
}

/* No source gives any other type than the host's. */
int pcap_set_tstamp_type(pcap_t *p, int tstamp_type)
{
	int status = need_created(p, __func__);

	if (status < 0)
		return status;
	if (tstamp_type != PCAP_TSTAMP_HOST) {
		cst_fail(p, 0, "%s: time stamp type %d is not one that this device can give", p->device, tstamp_type);
		return PCAP_WARNING_TSTAMP_TYPE_NOTSUP;
	}
	p->options.tstamp_type = tstamp_type;
	return 0;
}

int pcap_set_tstamp_precision(pcap_t *p, int tstamp_precision)
{
	int status = need_created(p, __func__);

	if (status < 0)
		return status;
	if (tstamp_precision != PCAP_TSTAMP_PRECISION_MICRO && tstamp_precision != PCAP_TSTAMP_PRECISION_NANO)
		return cst_fail(p, PCAP_ERROR_TSTAMP_PRECISION_NOTSUP,
				"%s: time stamp precision %d is neither PCAP_TSTAMP_PRECISION_MICRO nor _NANO",
				p->device, tstamp_precision);
	p->options.tstamp_precision = tstamp_precision;
	return 0;
}

int pcap_get_tstamp_precision(pcap_t *p)
{
	return p->options.tstamp_precision;
}

int pcap_list_tstamp_types(pcap_t *p, int **tstamp_typesp)
{
	*tstamp_typesp = malloc(sizeof(**tstamp_typesp));
	if (!*tstamp_typesp)
		return cst_fail_errno(p, PCAP_ERROR, "listing the time stamp types");
	**tstamp_typesp = PCAP_TSTAMP_HOST;
	return 1;
}

void pcap_free_tstamp_types(int *tstamp_types)
{
	free(tstamp_types);
}

int pcap_can_set_rfmon(pcap_t *p)
{
	if (p->kind == CST_DEAD || p->kind == CST_SAVEFILE)
		return cst_fail(p, PCAP_ERROR, "monitor mode is for live handles; this one captures nothing");
	return need_created(p, __func__); /* no source switches it */
}

/* Activation failed half-way: the handle is as it was before, so that the caller may change options and try again. */
static void back_to_created(pcap_t *p)
{
	if (p->ops && p->ops->close)
		p->ops->close(p);
	p->ops = NULL;
	p->source = NULL;
	p->fd = p->select_fd = -1;
	p->kind = CST_CREATED;
}

int pcap_activate(pcap_t *p)
{
	int status = need_created(p, __func__);

	if (status < 0)
		return status;
	p->errbuf[0] = '\0';
	p->snaplen = p->options.snaplen;
	if (p->snaplen <= 0 || p->snaplen > CST_MAX_SNAPLEN)
		p->snaplen = CST_MAX_SNAPLEN;
	p->min_to_copy = p->options.immediate ? 0 : p->options.min_to_copy;
	status = p->live->activate(p);
	if (status < 0) {
		back_to_created(p);
		if (p->errbuf[0] == '\0')
			cst_fail(p, status, "%s: %s", p->device, pcap_statustostr(status));
		return status;
	}
	p->kind = CST_LIVE;
	if (p->options.min_to_copy >= 0)
		cst_set_user_buffer(p, CST_NPCAP_USER_BUFFER_BYTES);
	/* Npcap's way to say "never wait", and libpcap's on Linux (black-box experiment). */
	if (p->options.timeout_ms < 0)
		p->nonblock = true;
	return status;
}

/* Npcap takes here what pcap_findalldevs_ex() lists, too: "rpcap://" and the device, without a host and its slash. */
static const char *plain_device(const char *device)
{
	const size_t bytes = strlen(PCAP_SRC_IF_STRING);

	if (device && strncasecmp(device, PCAP_SRC_IF_STRING, bytes) == 0 && !strchr(device + bytes, '/'))
		return device + bytes;
	return device;
}

pcap_t *pcap_open_live(const char *device, int snaplen, int promisc, int to_ms, char *errbuf)
{
	pcap_t *p = pcap_create(plain_device(device), errbuf);

	if (!p)
		return NULL;
	pcap_set_snaplen(p, snaplen);
	pcap_set_promisc(p, promisc);
	pcap_set_timeout(p, to_ms);
	pcap_set_buffer_size(p, CST_NPCAP_BUFFER_BYTES); /* Npcap API, pcap_setbuff() */
	int status = pcap_activate(p);
	if (status < 0) {
		cst_error(errbuf, "%s", p->errbuf);
		pcap_close(p);
		return NULL;
	}
	/* A warning: the handle works, and the caller may look at why it is not quite what was asked for. */
	if (status > 0 && errbuf)
		cst_error(errbuf, "%s", p->errbuf);
	return p;
}
