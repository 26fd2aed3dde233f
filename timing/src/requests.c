/* Valgrind's requests; outside of valgrind they do nothing. */
#include <stddef.h>
#include <valgrind/memcheck.h>

void mark_undefined(const void *at, size_t length) { (void)VALGRIND_MAKE_MEM_UNDEFINED(at, length); }
void mark_defined(const void *at, size_t length) { (void)VALGRIND_MAKE_MEM_DEFINED(at, length); }
unsigned errors_so_far(void) { return (unsigned)VALGRIND_COUNT_ERRORS; }
int runs_under_valgrind(void) { return (int)RUNNING_ON_VALGRIND; }
