/* Ws2tcpip.h - ws2tcpip.h under a name that Windows finds it by, too. */
#include "ws2tcpip.h"
