"""The credit hub: collection and sharing of public credit information (公共信用信息归集共享枢纽)."""
