/* process_test.c - pcap_init(), which chooses for the whole process: each test is about a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pcap/pcap.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* Run it in a process where nothing was chosen; its failed assertion ends that process, and our test. */
static void in_a_process(void (*what)(void))
{
	int status;

	fflush(NULL);
	pid_t child = fork();

	if (child == 0) {
		what();
		exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define EXPECT(truth)                                                                	do {                                                                         		if (!(truth)) {                                                      			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #truth); 			exit(1);                                                     		}                                                                    	} while (0)

static char errbuf[PCAP_ERRBUF_SIZE];

static void choose_twice(void)
{
	EXPECT(pcap_init(PCAP_CHAR_ENC_UTF_8, errbuf) == 0);
	EXPECT(pcap_init(PCAP_CHAR_ENC_UTF_8, errbuf) == 0);
	EXPECT(pcap_init(PCAP_CHAR_ENC_UTF_8 | PCAP_MMAP_32BIT, errbuf) == 0);
	EXPECT(errbuf[0] == '\0');
	EXPECT(pcap_init(PCAP_CHAR_ENC_LOCAL, errbuf) == PCAP_ERROR);
	EXPECT(strstr(errbuf, "other character encoding"));
	EXPECT(pcap_init(PCAP_CHAR_ENC_UTF_8, errbuf) == 0);
}

static void choose_the_local_one(void)
{
	EXPECT(pcap_init(PCAP_CHAR_ENC_LOCAL, errbuf) == 0);
	EXPECT(pcap_init(PCAP_CHAR_ENC_LOCAL, errbuf) == 0);
	EXPECT(pcap_init(PCAP_CHAR_ENC_UTF_8, errbuf) == PCAP_ERROR);
	EXPECT(strstr(errbuf, "other character encoding"));
}

static void choose_nonsense(void)
{
	EXPECT(pcap_init(0x10, errbuf) == PCAP_ERROR);
	EXPECT(strstr(errbuf, "0x10"));
	/* Nothing was chosen. */
	EXPECT(pcap_init(PCAP_CHAR_ENC_LOCAL, errbuf) == 0);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static void look_up_a_device_after_all(void)
{
	EXPECT(pcap_init(0x10, errbuf) == PCAP_ERROR);
	errbuf[0] = '\0';
	/* There may be one or none; but pcap_init() is not why. */
	EXPECT(pcap_lookupdev(errbuf) || !strstr(errbuf, "pcap_init"));
	EXPECT(pcap_init(PCAP_CHAR_ENC_UTF_8, errbuf) == 0);
	EXPECT(!pcap_lookupdev(errbuf));
	EXPECT(strstr(errbuf, "pcap_init()") && strstr(errbuf, "pcap_findalldevs()"));
}
#pragma GCC diagnostic pop

static void a_process_has_one_encoding(void **state)
{
	(void)state;
	in_a_process(choose_twice);
	in_a_process(choose_the_local_one);
}

static void options_that_are_none_are_refused_and_change_nothing(void **state)
{
	(void)state;
	in_a_process(choose_nonsense);
}

static void new_programs_cannot_look_up_a_device_the_old_way(void **state)
{
	(void)state;
	in_a_process(look_up_a_device_after_all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_has_one_encoding),
		cmocka_unit_test(options_that_are_none_are_refused_and_change_nothing),
		cmocka_unit_test(new_programs_cannot_look_up_a_device_the_old_way),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
