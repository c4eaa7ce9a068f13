/* Stands in for NVIDIA's libraries when the program is linked, so that it starts without them.
 *
 * The program names each library when it is linked, and would not start where one is absent.
 * Here every function of them is a jump through a cell.
 * The cell is empty at first, and `open_late` opens the library and puts the real function's address there; where the library or the function is absent, the function's result is the error ABSENT from then on.
 *
 * Compiled once for each library: SYMBOLS is a file with a line `FUNCTION(name)` for each function, LIBRARY the file to open, ABSENT the code that its functions return for "not there".
 */
#include <dlfcn.h>
#include <stddef.h>

#if !defined(__x86_64__) || !defined(__linux__)
#error "the jumps are written for x86-64 and Linux; on other machines link NVIDIA's own libraries"
#endif

static int absent(void) {
    return ABSENT;
}

/* Two threads at once find the same address and write it twice, which does no harm. */
__attribute__((used)) static void *open_late(void **cell, const char *name) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_GLOBAL);
    void *function = library == NULL ? NULL : dlsym(library, name);
    if (function == NULL) {
        function = (void *)absent;
    }
    __atomic_store_n(cell, function, __ATOMIC_RELEASE);
    return function;
}

/* Calls `open_late` with the cell (r11) and the name (r10), and leaves all that may hold arguments as it was. */
__asm__(
    ".text\n"
    "open_late_keeping_arguments:\n"
    "push %rdi\n push %rsi\n push %rdx\n push %rcx\n push %r8\n push %r9\n push %rax\n"
    "sub $128, %rsp\n"
    "movups %xmm0, (%rsp)\n movups %xmm1, 16(%rsp)\n movups %xmm2, 32(%rsp)\n movups %xmm3, 48(%rsp)\n"
    "movups %xmm4, 64(%rsp)\n movups %xmm5, 80(%rsp)\n movups %xmm6, 96(%rsp)\n movups %xmm7, 112(%rsp)\n"
    "mov %r11, %rdi\n mov %r10, %rsi\n"
    "call open_late\n"
    "mov %rax, %r11\n"
    "movups (%rsp), %xmm0\n movups 16(%rsp), %xmm1\n movups 32(%rsp), %xmm2\n movups 48(%rsp), %xmm3\n"
    "movups 64(%rsp), %xmm4\n movups 80(%rsp), %xmm5\n movups 96(%rsp), %xmm6\n movups 112(%rsp), %xmm7\n"
    "add $128, %rsp\n"
    "pop %rax\n pop %r9\n pop %r8\n pop %rcx\n pop %rdx\n pop %rsi\n pop %rdi\n"
    "jmp *%r11\n");

/* 8 bytes of return address and 7 registers leave the stack aligned to 16 bytes for the call. */
#define FUNCTION(name)                             \
    __asm__(".text\n"                              \
            ".globl " #name "\n"                   \
            ".type " #name ", @function\n"         \
            #name ":\n"                            \
            "mov cell_" #name "(%rip), %r11\n"     \
            "test %r11, %r11\n"                    \
            "je 1f\n"                              \
            "jmp *%r11\n"                          \
            "1: lea cell_" #name "(%rip), %r11\n"  \
            "lea name_" #name "(%rip), %r10\n"     \
            "jmp open_late_keeping_arguments\n"    \
            ".section .rodata\n"                   \
            "name_" #name ": .asciz \"" #name "\"\n" \
            ".bss\n"                               \
            ".balign 8\n"                          \
            "cell_" #name ": .zero 8\n"            \
            ".text\n");

#include SYMBOLS
