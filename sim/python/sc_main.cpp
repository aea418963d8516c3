// libsystemc refers to sc_main, which the extension must export: else Python cannot load it. It is
// never reached.
#include <systemc>

__attribute__((visibility("default"))) int sc_main(int /*argc*/, char* /*argv*/[]) { return 1; }
