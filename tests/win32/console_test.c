/* console_test.c - the porting kit's keyboard: on a terminal of the test's own, which is found as it was whatever happens,
 * and on input that is no terminal. */
#include <windows.h>
#include <stdbool.h>
#include <conio.h>

#include <fcntl.h>
#include <pty.h>
#include <setjmp.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#define LONG_MS 20000

struct console {
	int master;
	pid_t pid;
	struct termios before;
	char said[4096];
	size_t bytes;
};

/* A child on a terminal of its own, whose exit status is what `child` returns. */
static struct console console_start(int (*child)(void))
{
	struct console c;

	memset(&c, 0, sizeof(c)); /* also what lies between members, for comparing */
	c.pid = forkpty(&c.master, NULL, NULL, NULL);
	assert_true(c.pid >= 0);
	if (c.pid == 0) {
		char go;

		if (read(STDIN_FILENO, &go, 1) != 1 || read(STDIN_FILENO, &go, 1) != 1)
			_exit(99);
		exit(child());
	}
	assert_int_equal(tcgetattr(c.master, &c.before), 0);
	assert_int_equal(write(c.master, ".\n", 2), 2);
	return c;
}

static void type(struct console *c, const char *keys)
{
	assert_int_equal(write(c->master, keys, strlen(keys)), strlen(keys));
}

static void wait_for_echo(struct console *c, bool on)
{
	struct termios now;

	for (int ms = 0; ms < LONG_MS; ms += 5) {
		assert_int_equal(tcgetattr(c->master, &now), 0);
		if (!!(now.c_lflag & ECHO) == on)
			return;
		Sleep(5);
	}
	fail_msg("the terminal does not change its echo");
}

/* How it ended, with all that was on the screen, and the terminal as it was. */
static int console_end(struct console *c)
{
	struct termios after;
	ssize_t got;
	int status;

	memset(&after, 0, sizeof(after));
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	assert_int_equal(tcgetattr(c->master, &after), 0);
	assert_memory_equal(&c->before, &after, sizeof(after));
	while (c->bytes < sizeof(c->said) - 1 && (got = read(c->master, c->said + c->bytes, sizeof(c->said) - 1 - c->bytes)) > 0)
		c->bytes += (size_t)got;
	c->said[c->bytes] = 0;
	close(c->master);
	return status;
}

static int get_two_keys(void)
{
	int first = _getch(), second = _getch();

	return first == 'q' && second == '\r' ? 7 : 1;
}

static void keys_come_without_enter_and_echo(void **state)
{
	struct console c = console_start(get_two_keys);

	(void)state;
	wait_for_echo(&c, false);
	type(&c, "q\r");
	int status = console_end(&c);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_null(strchr(c.said, 'q'));
}

static int show_a_key(void)
{
	return _getche() == 'z' ? 7 : 1;
}

static void getche_shows_the_key(void **state)
{
	struct console c = console_start(show_a_key);

	(void)state;
	wait_for_echo(&c, false);
	type(&c, "z");
	assert_int_equal(WEXITSTATUS(console_end(&c)), 7);
	assert_non_null(strchr(c.said, 'z'));
}

static int wait_for_a_key(void)
{
	if (_kbhit())
		return 1;
	while (!_kbhit())
		Sleep(5);
	return 7;
}

static void a_waiting_key_is_seen_and_exit_restores(void **state)
{
	struct console c = console_start(wait_for_a_key);

	(void)state;
	wait_for_echo(&c, false);
	type(&c, "k");
	assert_int_equal(WEXITSTATUS(console_end(&c)), 7);
}

static void interrupted_programs_leave_the_terminal_as_it_was(void **state)
{
	int (*const waiting[])(void) = { wait_for_a_key, get_two_keys };

	(void)state;
	for (size_t at = 0; at < _countof(waiting); at++) {
		struct console c = console_start(waiting[at]);

		wait_for_echo(&c, false);
		type(&c, "\003");
		int status = console_end(&c);
		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGINT);
	}
}

/* A shell with one job, which is stopped once: 70 more than its exit status if the terminal echoed meanwhile. */
static int shell(void)
{
	struct termios now;
	int status, bonus = 0;
	pid_t job = fork();

	if (job == 0) {
		setpgid(0, 0);
		while (tcgetpgrp(STDIN_FILENO) != getpgrp())
			Sleep(1);
		exit(get_two_keys());
	}
	setpgid(job, job);
	signal(SIGTTOU, SIG_IGN);
	tcsetpgrp(STDIN_FILENO, job);
	while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
		tcsetpgrp(STDIN_FILENO, getpgrp());
		if (tcgetattr(STDIN_FILENO, &now) == 0 && (now.c_lflag & ECHO))
			bonus = 70;
		tcsetpgrp(STDIN_FILENO, job);
		kill(job, SIGCONT);
		printf("stopped\n");
		fflush(stdout);
	}
	return WEXITSTATUS(status) + bonus;
}

static void stopped_programs_too_and_go_on(void **state)
{
	struct console c = console_start(shell);

	(void)state;
	wait_for_echo(&c, false);
	type(&c, "\032");
	while (!strstr(c.said, "stopped")) {
		ssize_t got = read(c.master, c.said + c.bytes, sizeof(c.said) - 1 - c.bytes);

		assert_true(got > 0);
		c.bytes += (size_t)got;
	}
	wait_for_echo(&c, false);
	type(&c, "q\r");
	int status = console_end(&c);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 77);
}

static int ask_after_a_look(void)
{
	int number = 0;

	if (_kbhit())
		return 1;
	Sleep(50);
	return scanf_s("%d", &number) == 1 ? number : 1;
}

static void lines_are_edited_again_when_a_line_is_read(void **state)
{
	struct console c = console_start(ask_after_a_look);

	(void)state;
	wait_for_echo(&c, false);
	wait_for_echo(&c, true);
	type(&c, "42\n");
	assert_int_equal(WEXITSTATUS(console_end(&c)), 42);
	assert_non_null(strstr(c.said, "42"));
}

/* ---- No terminal ---- */

/* In a child with that standard input: its exit status. */
static int without_terminal(int input, int (*child)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(input, STDIN_FILENO);
		exit(child());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int look_and_get(void)
{
	return (_kbhit() ? 10 : 0) + (_getch() == EOF ? 1 : 0);
}

static int scan_then_keys(void)
{
	int number, seen = 0;

	if (scanf_s("%d", &number) != 1)
		return 1;
	while (_kbhit())
		seen = seen * 10 + (_getch() & 7);
	return seen;
}

static void the_end_of_the_input_is_no_key(void **state)
{
	int nothing = open("/dev/null", O_RDONLY), ends[2];

	(void)state;
	assert_int_equal(without_terminal(nothing, look_and_get), 1);
	assert_int_equal(pipe(ends), 0);
	close(ends[1]);
	assert_int_equal(without_terminal(ends[0], look_and_get), 1);
	close(ends[0]);
	close(nothing);
}

static void bytes_of_a_pipe_or_file_are_keys(void **state)
{
	FILE *file = tmpfile();
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "5 123", 5), 5);
	/* ' ' is 32, of which nothing is left. */
	assert_int_equal(without_terminal(ends[0], scan_then_keys), 123);
	close(ends[0]);
	close(ends[1]);
	fputs("5 12", file);
	fflush(file);
	rewind(file);
	assert_int_equal(without_terminal(fileno(file), scan_then_keys), 12);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_come_without_enter_and_echo),
		cmocka_unit_test(getche_shows_the_key),
		cmocka_unit_test(a_waiting_key_is_seen_and_exit_restores),
		cmocka_unit_test(interrupted_programs_leave_the_terminal_as_it_was),
		cmocka_unit_test(stopped_programs_too_and_go_on),
		cmocka_unit_test(lines_are_edited_again_when_a_line_is_read),
		cmocka_unit_test(the_end_of_the_input_is_no_key),
		cmocka_unit_test(bytes_of_a_pipe_or_file_are_keys),
	};

	alarm(100); /* whatever a child waits for, the test ends */
	return cmocka_run_group_tests_name("the porting kit's console", tests, NULL, NULL);
}
