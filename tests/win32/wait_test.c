/* wait_test.c - handles of the porting kit: events, threads, captures' events, and waiting for any mixture of them. */
#include <windows.h>

#include <setjmp.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <cmocka.h>

#include <capstan/event.h>

#define SHORT_MS 60
#define LONG_MS 20000 /* what a wait that should end by itself is given */

/* ---- A capture's event, without a capture: what the kit sees of one ---- */

#define CAPTURE_MAGIC 0x11223344u

struct capture_event {
	uint32_t magic;
	int fd;
};

int capstan_event_fd(void *event)
{
	struct capture_event *e = event;

	if (!e || e->magic != CAPTURE_MAGIC) {
		errno = EINVAL;
		return -1;
	}
	return e->fd;
}

int capstan_event_set(void *event)
{
	uint64_t one = 1;
	int fd = capstan_event_fd(event);

	return fd >= 0 && write(fd, &one, sizeof(one)) > 0 ? 0 : -1;
}

int capstan_event_reset(void *event)
{
	uint64_t count;
	int fd = capstan_event_fd(event);

	if (fd < 0)
		return -1;
	(void)!read(fd, &count, sizeof(count));
	return 0;
}

static struct capture_event capture_open(void)
{
	return (struct capture_event){ CAPTURE_MAGIC, eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC) };
}

/* ---- Helpers ---- */

static HANDLE event(BOOL manual, BOOL set)
{
	HANDLE handle = CreateEvent(NULL, manual, set, NULL);

	assert_non_null(handle);
	return handle;
}

static HANDLE thread(LPTHREAD_START_ROUTINE start, void *parameter)
{
	HANDLE handle = CreateThread(NULL, 0, start, parameter, 0, NULL);

	assert_non_null(handle);
	return handle;
}

static void join(HANDLE handle)
{
	assert_int_equal(WaitForSingleObject(handle, LONG_MS), WAIT_OBJECT_0);
	assert_true(CloseHandle(handle));
}

static DWORD exit_code(HANDLE handle)
{
	DWORD code = 0;

	assert_true(GetExitCodeThread(handle, &code));
	return code;
}

/* ---- Events ---- */

static void manual_event_stays_set_until_reset(void **state)
{
	HANDLE e = event(TRUE, FALSE);

	(void)state;
	assert_int_equal(WaitForSingleObject(e, 0), WAIT_TIMEOUT);
	assert_true(SetEvent(e));
	assert_int_equal(WaitForSingleObject(e, 0), WAIT_OBJECT_0);
	assert_int_equal(WaitForSingleObject(e, INFINITE), WAIT_OBJECT_0);
	assert_true(ResetEvent(e));
	assert_int_equal(WaitForSingleObject(e, 0), WAIT_TIMEOUT);
	assert_true(CloseHandle(e));
}

static void auto_event_is_taken_by_one_wait_however_often_set(void **state)
{
	HANDLE e = event(FALSE, TRUE);

	(void)state;
	assert_int_equal(WaitForSingleObject(e, 0), WAIT_OBJECT_0);
	assert_int_equal(WaitForSingleObject(e, 0), WAIT_TIMEOUT);
	assert_true(SetEvent(e));
	assert_true(SetEvent(e));
	assert_int_equal(WaitForSingleObject(e, 0), WAIT_OBJECT_0);
	assert_int_equal(WaitForSingleObject(e, 0), WAIT_TIMEOUT);
	assert_true(CloseHandle(e));
}

static void timeout_lasts_as_long_as_was_said(void **state)
{
	HANDLE e = event(TRUE, FALSE);
	LARGE_INTEGER before, after, frequency;

	(void)state;
	QueryPerformanceFrequency(&frequency);
	QueryPerformanceCounter(&before);
	assert_int_equal(WaitForSingleObject(e, SHORT_MS), WAIT_TIMEOUT);
	QueryPerformanceCounter(&after);
	LONGLONG ms = (after.QuadPart - before.QuadPart) * 1000 / frequency.QuadPart;
	assert_in_range(ms, SHORT_MS, LONG_MS);
	assert_true(CloseHandle(e));
}

static void named_events_are_refused(void **state)
{
	(void)state;
	assert_null(CreateEvent(NULL, TRUE, FALSE, "shared"));
	assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
}

static void bad_handles_are_refused(void **state)
{
	HANDLE e = event(TRUE, TRUE), gone = event(TRUE, TRUE);
	struct capture_event no_event = { 0, -1 };
	HANDLE bad[] = { NULL, INVALID_HANDLE_VALUE, gone, (HANDLE)0x7ffffffc, &no_event };

	(void)state;
	assert_true(CloseHandle(gone));
	for (size_t at = 0; at < _countof(bad); at++) {
		HANDLE two[] = { e, bad[at] };

		SetLastError(0);
		assert_int_equal(WaitForSingleObject(bad[at], 0), WAIT_FAILED);
		assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
		assert_int_equal(WaitForMultipleObjects(2, two, FALSE, 0), WAIT_FAILED);
		assert_false(CloseHandle(bad[at]));
		assert_false(SetEvent(bad[at]));
		assert_false(ResetEvent(bad[at]));
		assert_false(TerminateThread(bad[at], 0));
		assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
	}
	assert_false(TerminateThread(e, 0));
	assert_int_equal(WaitForMultipleObjects(0, &e, FALSE, 0), WAIT_FAILED);
	assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
	HANDLE many[MAXIMUM_WAIT_OBJECTS + 1];
	for (size_t at = 0; at < _countof(many); at++)
		many[at] = e;
	assert_int_equal(WaitForMultipleObjects(_countof(many), many, FALSE, 0), WAIT_FAILED);
	assert_int_equal(WaitForMultipleObjects(2, many, TRUE, 0), WAIT_FAILED);
	assert_int_equal(WaitForMultipleObjects(2, many, FALSE, 0), WAIT_OBJECT_0);
	assert_true(CloseHandle(e));
}

static void a_closed_handle_is_not_mistaken_for_a_new_one(void **state)
{
	(void)state;
	HANDLE first = event(TRUE, TRUE);
	assert_true(CloseHandle(first));
	HANDLE second = event(TRUE, TRUE);
	assert_false(CloseHandle(first));
	assert_int_equal(WaitForSingleObject(second, 0), WAIT_OBJECT_0);
	assert_true(CloseHandle(second));
}

static void hundreds_of_handles_at_once(void **state)
{
	HANDLE handles[300];

	(void)state;
	for (size_t at = 0; at < _countof(handles); at++)
		handles[at] = event(TRUE, at % 2 == 0);
	for (size_t at = 0; at < _countof(handles); at++)
		assert_int_equal(WaitForSingleObject(handles[at], 0), at % 2 ? WAIT_TIMEOUT : WAIT_OBJECT_0);
	for (size_t at = 0; at < _countof(handles); at++)
		assert_true(CloseHandle(handles[at]));
}

/* ---- Several ---- */

static void any_returns_the_lowest_that_is_set(void **state)
{
	HANDLE e[] = { event(TRUE, FALSE), event(FALSE, TRUE), event(TRUE, TRUE) };

	(void)state;
	assert_int_equal(WaitForMultipleObjects(3, e, FALSE, INFINITE), WAIT_OBJECT_0 + 1);
	assert_int_equal(WaitForMultipleObjects(3, e, FALSE, INFINITE), WAIT_OBJECT_0 + 2);
	ResetEvent(e[2]);
	assert_int_equal(WaitForMultipleObjects(3, e, FALSE, SHORT_MS), WAIT_TIMEOUT);
	for (size_t at = 0; at < 3; at++)
		CloseHandle(e[at]);
}

static void all_takes_nothing_before_all_are_set(void **state)
{
	HANDLE e[] = { event(FALSE, TRUE), event(FALSE, FALSE), event(TRUE, TRUE) };

	(void)state;
	assert_int_equal(WaitForMultipleObjects(3, e, TRUE, SHORT_MS), WAIT_TIMEOUT);
	assert_int_equal(WaitForSingleObject(e[0], 0), WAIT_OBJECT_0);
	SetEvent(e[0]);
	SetEvent(e[1]);
	assert_int_equal(WaitForMultipleObjects(3, e, TRUE, 0), WAIT_OBJECT_0);
	assert_int_equal(WaitForSingleObject(e[0], 0), WAIT_TIMEOUT);
	assert_int_equal(WaitForSingleObject(e[1], 0), WAIT_TIMEOUT);
	assert_int_equal(WaitForSingleObject(e[2], 0), WAIT_OBJECT_0);
	for (size_t at = 0; at < 3; at++)
		CloseHandle(e[at]);
}

static DWORD WINAPI set_later(LPVOID handle)
{
	Sleep(SHORT_MS);
	SetEvent(handle);
	return 7;
}

static void captures_events_and_threads_wait_together(void **state)
{
	struct capture_event one = capture_open(), other = capture_open();
	HANDLE user = event(TRUE, FALSE), capture = &other;
	HANDLE setter = thread(set_later, capture);
	HANDLE mixed[] = { &one, &other, user, setter };

	(void)state;
	assert_int_equal(WaitForMultipleObjects(3, mixed, FALSE, LONG_MS), WAIT_OBJECT_0 + 1);
	/* Waiting does not reset it; reading would. */
	assert_int_equal(WaitForSingleObject(capture, 0), WAIT_OBJECT_0);
	assert_int_equal(WaitForMultipleObjects(4, mixed, TRUE, SHORT_MS), WAIT_TIMEOUT);
	assert_true(SetEvent(user));
	assert_true(SetEvent(&one));
	assert_int_equal(WaitForMultipleObjects(4, mixed, TRUE, LONG_MS), WAIT_OBJECT_0);
	assert_true(ResetEvent(&one));
	assert_true(ResetEvent(&other));
	assert_int_equal(WaitForMultipleObjects(4, mixed, FALSE, LONG_MS), WAIT_OBJECT_0 + 2);
	assert_false(CloseHandle(capture));
	join(setter);
	CloseHandle(user);
	close(one.fd);
	assert_int_equal(WaitForMultipleObjects(2, mixed, FALSE, LONG_MS), WAIT_FAILED);
	close(other.fd);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms = alarms + 1;
}

static void signals_do_not_end_waits_and_sleeps(void **state)
{
	HANDLE e = event(TRUE, FALSE);
	ULONGLONG before = GetTickCount64();

	(void)state;
	signal(SIGALRM, on_alarm);
	ualarm(SHORT_MS * 1000 / 4, SHORT_MS * 1000 / 4);
	assert_int_equal(WaitForSingleObject(e, SHORT_MS), WAIT_TIMEOUT);
	assert_int_equal(WaitForMultipleObjects(1, &e, TRUE, SHORT_MS), WAIT_TIMEOUT);
	Sleep(SHORT_MS);
	ualarm(0, 0);
	assert_in_range(GetTickCount64() - before, 3 * SHORT_MS - 2, LONG_MS);
	assert_in_range(alarms, 2, 1000);
	CloseHandle(e);
}

/* ---- Many threads ---- */

#define WORKERS 4
#define ROUNDS 500

struct work {
	HANDLE go, done; /* auto reset */
	unsigned taken;  /* guarded by having taken `go` */
};

static DWORD WINAPI take_turns(LPVOID parameter)
{
	struct work *w = parameter;

	for (;;) {
		if (WaitForSingleObject(w->go, LONG_MS) != WAIT_OBJECT_0)
			return 1;
		if (w->taken == ROUNDS) {
			SetEvent(w->go);
			return 0;
		}
		w->taken++;
		SetEvent(w->done);
	}
}

/* One token goes round: were it ever taken twice or lost, counts or waits would fail. */
static void one_signal_wakes_one_of_many(void **state)
{
	struct work w = { event(FALSE, FALSE), event(FALSE, FALSE), 0 };
	HANDLE workers[WORKERS];

	(void)state;
	for (size_t at = 0; at < WORKERS; at++)
		workers[at] = thread(take_turns, &w);
	for (unsigned round = 0; round < ROUNDS; round++) {
		assert_true(SetEvent(w.go));
		assert_int_equal(WaitForSingleObject(w.done, LONG_MS), WAIT_OBJECT_0);
		assert_int_equal(w.taken, round + 1);
	}
	SetEvent(w.go);
	assert_int_equal(WaitForMultipleObjects(WORKERS, workers, TRUE, LONG_MS), WAIT_OBJECT_0);
	for (size_t at = 0; at < WORKERS; at++) {
		assert_int_equal(exit_code(workers[at]), 0);
		CloseHandle(workers[at]);
	}
	CloseHandle(w.go);
	CloseHandle(w.done);
}

struct table {
	HANDLE forks[3]; /* auto reset, set = on the table */
	unsigned eating[3], meals;
	CRITICAL_SECTION section;
};

struct seat {
	struct table *table;
	unsigned number;
};

static DWORD WINAPI dine(LPVOID parameter)
{
	struct seat *s = parameter;
	struct table *t = s->table;
	HANDLE both[] = { t->forks[s->number], t->forks[(s->number + 1) % 3] };

	for (unsigned round = 0; round < ROUNDS; round++) {
		if (WaitForMultipleObjects(2, both, TRUE, LONG_MS) != WAIT_OBJECT_0)
			return 1;
		EnterCriticalSection(&t->section);
		t->eating[s->number]++;
		BOOL alone = t->eating[0] + t->eating[1] + t->eating[2] == 1;
		t->meals++;
		t->eating[s->number]--;
		LeaveCriticalSection(&t->section);
		if (!alone)
			return 2;
		SetEvent(both[0]);
		SetEvent(both[1]);
	}
	return 0;
}

static void philosophers_who_wait_for_both_forks_do_not_starve(void **state)
{
	struct table t = { .forks = { event(FALSE, TRUE), event(FALSE, TRUE), event(FALSE, TRUE) } };
	struct seat seats[3] = { { &t, 0 }, { &t, 1 }, { &t, 2 } };
	HANDLE guests[3];

	(void)state;
	InitializeCriticalSection(&t.section);
	for (size_t at = 0; at < 3; at++)
		guests[at] = thread(dine, &seats[at]);
	assert_int_equal(WaitForMultipleObjects(3, guests, TRUE, LONG_MS), WAIT_OBJECT_0);
	for (size_t at = 0; at < 3; at++) {
		assert_int_equal(exit_code(guests[at]), 0);
		CloseHandle(guests[at]);
		CloseHandle(t.forks[at]);
	}
	assert_int_equal(t.meals, 3 * ROUNDS);
	DeleteCriticalSection(&t.section);
}

static DWORD WINAPI wait_and_say(LPVOID handle)
{
	return WaitForSingleObject(handle, LONG_MS);
}

static void closing_a_handle_does_not_end_a_wait(void **state)
{
	HANDLE e = event(TRUE, FALSE);
	HANDLE waiter = thread(wait_and_say, e);

	(void)state;
	Sleep(SHORT_MS);
	assert_int_equal(exit_code(waiter), STILL_ACTIVE);
	SetEvent(e);
	CloseHandle(e);
	assert_int_equal(WaitForSingleObject(waiter, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal(exit_code(waiter), WAIT_OBJECT_0);
	CloseHandle(waiter);
}

/* ---- Threads ---- */

static DWORD WINAPI answer(LPVOID parameter)
{
	*(DWORD *)parameter = GetCurrentThreadId();
	SetLastError(4711);
	return 0xfffffffe;
}

static void threads_have_ids_results_and_errors_of_their_own(void **state)
{
	DWORD seen = 0, id = 0;
	HANDLE t = CreateThread(NULL, 1 << 24, answer, &seen, 0, &id);

	(void)state;
	SetLastError(1);
	assert_int_equal(WaitForSingleObject(t, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal(WaitForSingleObject(t, 0), WAIT_OBJECT_0);
	assert_int_equal(exit_code(t), 0xfffffffe);
	assert_int_equal(GetLastError(), 1);
	assert_true(id != 0 && id == seen && id != GetCurrentThreadId());
	CloseHandle(t);
	assert_null(CreateThread(NULL, 0, NULL, NULL, 0, NULL));
	assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static DWORD WINAPI leave_early(LPVOID parameter)
{
	(void)parameter;
	ExitThread(12);
}

static void suspended_threads_wait_to_be_resumed(void **state)
{
	HANDLE t = CreateThread(NULL, 0, leave_early, NULL, CREATE_SUSPENDED, NULL);

	(void)state;
	assert_int_equal(WaitForSingleObject(t, SHORT_MS), WAIT_TIMEOUT);
	assert_int_equal(ResumeThread(t), 1);
	assert_int_equal(ResumeThread(t), 0);
	assert_int_equal(WaitForSingleObject(t, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal(exit_code(t), 12);
	CloseHandle(t);
}

static DWORD WINAPI set_and_end(LPVOID handle)
{
	Sleep(SHORT_MS);
	SetEvent(handle);
	return 0;
}

static void a_thread_outlives_its_handle(void **state)
{
	HANDLE e = event(TRUE, FALSE);

	(void)state;
	assert_true(CloseHandle(thread(set_and_end, e)));
	assert_int_equal(WaitForSingleObject(e, LONG_MS), WAIT_OBJECT_0);
	Sleep(SHORT_MS);
	CloseHandle(e);
}

/* The sanitizers do not follow a thread that is ended from outside: what lay on its stack seems to be there still. */
#if defined(__SANITIZE_ADDRESS__)
#define WITHOUT_TERMINATION
#endif
#ifndef WITHOUT_TERMINATION

static DWORD WINAPI sleep_for_ever(LPVOID parameter)
{
	SetEvent(parameter);
	Sleep(INFINITE);
	return 1;
}

static DWORD WINAPI count_for_ever(LPVOID parameter)
{
	volatile unsigned long count = 0;

	SetEvent(parameter);
	for (;;)
		count = count + 1;
	return 1;
}

static DWORD WINAPI wait_for_ever(LPVOID parameter)
{
	HANDLE never = CreateEvent(NULL, TRUE, FALSE, NULL);

	SetEvent(parameter);
	WaitForMultipleObjects(1, &never, TRUE, INFINITE);
	return 1;
}

static void threads_are_terminated_wherever_they_are(void **state)
{
	LPTHREAD_START_ROUTINE abandoned[] = { sleep_for_ever, count_for_ever, wait_for_ever };
	HANDLE started = event(FALSE, FALSE);

	(void)state;
	for (size_t at = 0; at < _countof(abandoned); at++) {
		HANDLE t = thread(abandoned[at], started);

		assert_int_equal(WaitForSingleObject(started, LONG_MS), WAIT_OBJECT_0);
		assert_int_equal(WaitForSingleObject(t, SHORT_MS), WAIT_TIMEOUT);
		assert_int_equal(exit_code(t), STILL_ACTIVE);
		assert_true(TerminateThread(t, 99));
		assert_int_equal(WaitForSingleObject(t, LONG_MS), WAIT_OBJECT_0);
		assert_int_equal(exit_code(t), 99);
		assert_true(TerminateThread(t, 100));
		assert_int_equal(exit_code(t), 99);
		assert_true(CloseHandle(t));
	}
	CloseHandle(started);
}

#endif

static DWORD WINAPI end_itself(LPVOID parameter)
{
	(void)parameter;
	TerminateThread(GetCurrentThread(), 5);
	return 6;
}

static void a_thread_may_terminate_itself(void **state)
{
	HANDLE t = thread(end_itself, NULL);

	(void)state;
	assert_int_equal(WaitForSingleObject(t, LONG_MS), WAIT_OBJECT_0);
	assert_int_equal(exit_code(t), 5);
	CloseHandle(t);
	/* The first thread of a process is none of the kit's. */
	assert_int_equal(WaitForSingleObject(GetCurrentThread(), 0), WAIT_FAILED);
}

static DWORD WINAPI try_section(LPVOID section)
{
	if (!TryEnterCriticalSection(section))
		return 0;
	LeaveCriticalSection(section);
	return 1;
}

static DWORD in_another_thread(LPTHREAD_START_ROUTINE start, void *parameter)
{
	HANDLE t = thread(start, parameter);

	assert_int_equal(WaitForSingleObject(t, LONG_MS), WAIT_OBJECT_0);
	DWORD code = exit_code(t);
	CloseHandle(t);
	return code;
}

static void critical_sections_let_their_owner_in_again(void **state)
{
	CRITICAL_SECTION section;

	(void)state;
	assert_true(InitializeCriticalSectionAndSpinCount(&section, 4000));
	EnterCriticalSection(&section);
	EnterCriticalSection(&section);
	assert_true(TryEnterCriticalSection(&section));
	LeaveCriticalSection(&section);
	LeaveCriticalSection(&section);
	assert_int_equal(in_another_thread(try_section, &section), 0);
	LeaveCriticalSection(&section);
	assert_int_equal(in_another_thread(try_section, &section), 1);
	DeleteCriticalSection(&section);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manual_event_stays_set_until_reset),
		cmocka_unit_test(auto_event_is_taken_by_one_wait_however_often_set),
		cmocka_unit_test(timeout_lasts_as_long_as_was_said),
		cmocka_unit_test(named_events_are_refused),
		cmocka_unit_test(bad_handles_are_refused),
		cmocka_unit_test(a_closed_handle_is_not_mistaken_for_a_new_one),
		cmocka_unit_test(hundreds_of_handles_at_once),
		cmocka_unit_test(any_returns_the_lowest_that_is_set),
		cmocka_unit_test(all_takes_nothing_before_all_are_set),
		cmocka_unit_test(captures_events_and_threads_wait_together),
		cmocka_unit_test(signals_do_not_end_waits_and_sleeps),
		cmocka_unit_test(one_signal_wakes_one_of_many),
		cmocka_unit_test(philosophers_who_wait_for_both_forks_do_not_starve),
		cmocka_unit_test(closing_a_handle_does_not_end_a_wait),
		cmocka_unit_test(threads_have_ids_results_and_errors_of_their_own),
		cmocka_unit_test(suspended_threads_wait_to_be_resumed),
		cmocka_unit_test(a_thread_outlives_its_handle),
#ifndef WITHOUT_TERMINATION
		cmocka_unit_test(threads_are_terminated_wherever_they_are),
#endif
		cmocka_unit_test(a_thread_may_terminate_itself),
		cmocka_unit_test(critical_sections_let_their_owner_in_again),
	};

#ifdef WITHOUT_TERMINATION
	printf("skipped, for a sanitizer: threads are terminated wherever they are\n");
#endif
	return cmocka_run_group_tests_name("handles of the porting kit", tests, NULL, NULL);
}
