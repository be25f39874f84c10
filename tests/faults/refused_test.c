/* refused_test.c - main() of the programs that refuse something at each point of each scenario.
 * [STRIDE [SCENARIO [POINT]]]: each so many-th point; this scenario alone; this point alone. */
#include "refuse.h"
#include "scenarios.h"

#include "../live/netlab.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
	static const struct scenario *const groups[] = { live_scenarios, sending_scenarios, counting_scenarios,
							 asking_scenarios, savefile_scenarios, NULL };

	netlab_enter();
	netlab_try("ethtool -K right gro on 2>/dev/null"); /* or a veth sends no XDP frames */
	scenario_set_up();
	refuse_set_up();
	return trial_run(groups, argc > 1 ? (unsigned int)atoi(argv[1]) : 1, argc > 2 ? argv[2] : NULL,
			 argc > 3 ? strtoul(argv[3], NULL, 10) : REFUSE_NOTHING);
}
