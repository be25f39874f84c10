/* Winsock2.h - winsock2.h under a name that Windows finds it by, too. */
#include "winsock2.h"
