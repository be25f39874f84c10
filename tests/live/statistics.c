/* statistics.c - see statistics.h. */
#include "statistics.h"

#include <capstan/engine.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

struct way in_kernel = { "ebpf", { .timeout_ms = 20 } }, in_user = { "user", { .timeout_ms = 20 } },
	   in_kernel_immediate = { "ebpf", { .timeout_ms = 20, .immediate = true } };

pcap_t *open_capture(const struct way *way)
{
	pcap_t *p = capture_open(&way->opening);

	assert_int_equal(capstan_set_engine(p, CAPSTAN_STATISTICS, way->engine), 0);
	const char *engine = capstan_engine(p, CAPSTAN_STATISTICS);
	if (!engine) {
		print_message("%s\n", pcap_geterr(p));
		pcap_close(p);
		skip();
	}
	return p;
}

void set_mode(pcap_t *p, int mode)
{
	if (pcap_setmode(p, mode) != 0)
		fail_msg("pcap_setmode(0x%x): %s", (unsigned int)mode, pcap_geterr(p));
}

pcap_t *open_statistics(const struct way *way)
{
	pcap_t *p = open_capture(way);

	set_mode(p, MODE_STAT);
	if (way->engine)
		assert_string_equal(capstan_engine(p, CAPSTAN_STATISTICS), way->engine);
	return p;
}

void add_record(struct sum *sum, const struct pcap_pkthdr *h, const u_char *data)
{
	const int64_t *record = (const int64_t *)(const void *)data;

	assert_int_equal(h->caplen, RECORD_BYTES);
	assert_int_equal(h->len, RECORD_BYTES);
	assert_int_equal((uintptr_t)data % sizeof(int64_t), 0);
	assert_true(record[0] >= 0 && record[1] >= 0);
	sum->packets += record[0];
	sum->bytes += record[1];
}

int64_t next_record(pcap_t *p, struct sum *sum)
{
	struct pcap_pkthdr *h;
	const u_char *data;
	int status = pcap_next_ex(p, &h, &data);

	if (status != 1)
		fail_msg("pcap_next_ex: %d: %s", status, pcap_geterr(p));
	add_record(sum, h, data);
	return h->ts.tv_sec * INT64_C(1000000) + h->ts.tv_usec;
}

struct sum two_records(pcap_t *p)
{
	struct sum sum = { 0 };

	next_record(p, &sum);
	next_record(p, &sum);
	return sum;
}

void check_sum(struct sum sum, int64_t packets, int64_t bytes)
{
	if (sum.packets != packets || sum.bytes != bytes)
		fail_msg("%lld packets, %lld bytes instead of %lld, %lld", (long long)sum.packets, (long long)sum.bytes,
			 (long long)packets, (long long)bytes);
}

void set_number_filter(pcap_t *p, uint32_t mask, uint32_t value)
{
	struct bpf_insn insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, NETLAB_NUMBER_AT),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, KEEP),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	if (pcap_setfilter(p, &(struct bpf_program){ 5, insns }) != 0)
		fail_msg("pcap_setfilter: %s", pcap_geterr(p));
}

void compile_and_set(pcap_t *p, const char *expression)
{
	struct bpf_program program;

	assert_int_equal(pcap_compile(p, &program, expression, 1, PCAP_NETMASK_UNKNOWN), 0);
	assert_int_equal(pcap_setfilter(p, &program), 0);
	pcap_freecode(&program);
}

#define BURST 32

static void *send_flood(void *argument)
{
	struct flood *flood = argument;
	static uint8_t frames[BURST][2048];
	struct mmsghdr messages[BURST] = { 0 };
	struct iovec pieces[BURST];
	int fd = netlab_sender("left");

	for (uint32_t first = 0; first < flood->count;) {
		uint32_t burst = flood->count - first < BURST ? flood->count - first : BURST;

		for (uint32_t i = 0; i < burst; i++) {
			netlab_fill(frames[i], flood->bytes, first + i);
			pieces[i] = (struct iovec){ frames[i], flood->bytes };
			messages[i].msg_hdr = (struct msghdr){ .msg_iov = &pieces[i], .msg_iovlen = 1 };
		}
		int n = sendmmsg(fd, messages, burst, 0);
		if (n > 0)
			first += (uint32_t)n;
		else if (errno != ENOBUFS)
			break;
		atomic_store(&flood->sent, first);
		if (flood->pause_us)
			usleep((useconds_t)flood->pause_us);
	}
	close(fd);
	return NULL;
}

void start_flood(struct flood *flood)
{
	atomic_init(&flood->sent, 0);
	assert_int_equal(pthread_create(&flood->thread, NULL, send_flood, flood), 0);
}

void end_flood(struct flood *flood)
{
	assert_int_equal(pthread_join(flood->thread, NULL), 0);
	assert_int_equal(atomic_load(&flood->sent), flood->count);
}
