/* winsock.h - Winsock 1's name; version 2 has all of it. */
#include "winsock2.h"
