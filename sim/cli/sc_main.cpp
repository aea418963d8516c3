// libsystemc brings a main of its own and refers to sc_main. The command has its own main and
// elaborates by itself, so this is linked and never reached.
#include <systemc>

int sc_main(int /*argc*/, char* /*argv*/[]) { return 1; }
