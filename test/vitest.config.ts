import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		root: new URL("..", import.meta.url).pathname,
		projects: [
			{ test: { name: "unit", include: ["test/unit/**/*.test.ts"] } },
			{
				test: {
					name: "integration",
					include: ["test/integration/**/*.test.ts"],
					globalSetup: "test/helpers/global-setup.ts",
					testTimeout: 60_000,
					hookTimeout: 180_000,
				},
			},
		],
	},
});
