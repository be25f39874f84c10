/* Windows.h - windows.h under a name that Windows finds it by, too. */
#include "windows.h"
