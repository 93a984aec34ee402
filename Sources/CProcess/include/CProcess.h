#ifndef CPROCESS_H
#define CPROCESS_H
/// Makes this process the reaper of every orphan below it; returns 0 or -1 (see prctl(2)).
int cprocess_become_subreaper(void);
#endif
