# Nix: the released programs, static, for two kinds of processors. `release/recipes/fill` fills in what begins with a dollar sign and a brace.
{
  description = "Finish and use an account with keys that only you have";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      released = {
        x86_64-linux = { name = "linux-x86_64"; sha256 = "${LINUX_X86_64}"; };
        aarch64-linux = { name = "linux-aarch64"; sha256 = "${LINUX_AARCH64}"; };
      };
    in {
      packages = nixpkgs.lib.mapAttrs (system: file:
        let pkgs = nixpkgs.legacyPackages.$${system}; in {
          default = pkgs.stdenvNoCC.mkDerivation {
            pname = "firstkey";
            version = "${VERSION}";
            src = pkgs.fetchurl {
              url = "${URL}/firstkey-${VERSION}-$${file.name}.tar.gz";
              inherit (file) sha256;
            };
            nativeBuildInputs = [ pkgs.installShellFiles ];
            dontStrip = true;
            installPhase = ''
              install -Dm755 firstkey age-plugin-firstkey -t $out/bin
              installManPage man/*.1.gz
              installShellCompletion --bash --name firstkey completions/bash/firstkey
              installShellCompletion --zsh completions/zsh/_firstkey
              installShellCompletion --fish completions/fish/firstkey.fish
            '';
            meta = {
              homepage = "https://github.com/firstkey/firstkey";
              license = with pkgs.lib.licenses; [ mit asl20 ];
              mainProgram = "firstkey";
              platforms = builtins.attrNames released;
            };
          };
        }) released;
    };
}
