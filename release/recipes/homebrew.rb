# Homebrew, for a tap of your own: Formula/firstkey.rb. `release/recipes/fill` fills in what begins with a dollar sign.
class Firstkey < Formula
  desc "Finish and use an account with keys that only you have"
  homepage "https://github.com/firstkey/firstkey"
  version "${VERSION}"
  license any_of: ["MIT", "Apache-2.0"]

  on_linux do
    on_intel do
      url "${URL}/firstkey-${VERSION}-linux-x86_64.tar.gz"
      sha256 "${LINUX_X86_64}"
    end
    on_arm do
      url "${URL}/firstkey-${VERSION}-linux-aarch64.tar.gz"
      sha256 "${LINUX_AARCH64}"
    end
  end

  # There are no programs for macOS yet: it is built from source there.
  on_macos do
    url "${URL}/firstkey-${VERSION}-source.tar.gz"
    sha256 "${SOURCE}"
    depends_on "rust" => :build
  end

  def install
    if OS.mac?
      system "cargo", "install", *std_cargo_args
    else
      bin.install "firstkey", "age-plugin-firstkey"
      man1.install Dir["man/*.1.gz"]
      bash_completion.install "completions/bash/firstkey"
      zsh_completion.install "completions/zsh/_firstkey"
      fish_completion.install "completions/fish/firstkey.fish"
    end
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/firstkey --version")
  end
end
