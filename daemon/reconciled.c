/* reconciled: keeps a Kubernetes platform in the state its Git repositories describe. */
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("reconciled %s\n", RC_VERSION);
		return 0;
	}
	fprintf(stderr, "usage: reconciled [--version]\n");
	return 64;
}
