# What may come behind the words of a command line, for the completion of any shell (POSIX sh, awk).
# It is read off the tool's own help, so it knows every command and option that the tool has.

# The help of a command in rows of four, tabs between: kind (command, option, argument), name, the
# value's name, description.
__pleach_rows() {
  "$@" --help 2>/dev/null | awk '
    function put(   names, parts, count, i) {
      if (row == "") return
      count = split(row, names, ", ")
      for (i = 1; i <= count; ++i) {
        split(names[i], parts, " ")
        kind = substr(parts[1], 1, 1) == "-" ? "option" : parts[1] ~ /^[a-z]/ ? "command" : "argument"
        print kind "\t" parts[1] "\t" parts[2] "\t" text
      }
      row = ""
    }
    /^  [^ ]/ {
      put()
      line = substr($0, 3)
      width = match(line, /  +/) ? RSTART : length(line) + 1
      row = substr(line, 1, width - 1)
      text = substr(line, width)
      sub(/^ +/, "", text)
      next
    }
    /^   +[^ ]/ && row != "" { sub(/^ +/, ""); text = text " " $0; next }
    { put() }
    END { put() }'
}

# One candidate a line for the word behind "$@", the words from `pleach` on. ":files" stands for the
# names of files.
__pleach_candidates() {
  __pleach_path=$1
  shift
  __pleach_table=$(__pleach_rows $__pleach_path)
  __pleach_option=
  __pleach_position=1
  for __pleach_word; do
    if [ -n "$__pleach_option" ]; then  # its value
      __pleach_option=
      continue
    fi
    case $__pleach_word in
      -?*)
        __pleach_option=$(printf '%s\n' "$__pleach_table" |
          awk -F '\t' -v word="$__pleach_word" '$1 == "option" && $2 == word && $3 != "" { print $2 }')
        ;;
      *)
        if printf '%s\n' "$__pleach_table" | grep -q "^command	$__pleach_word	"; then
          __pleach_path="$__pleach_path $__pleach_word"
          __pleach_table=$(__pleach_rows $__pleach_path)
        else
          __pleach_position=$((__pleach_position + 1))
        fi
        ;;
    esac
  done
  printf '%s\n' "$__pleach_table" |
    awk -F '\t' -v option="$__pleach_option" -v position="$__pleach_position" '
      # "the element; float32, float64; default float32": the part that is a list of words names the
      # values; most descriptions have none.
      function put_values(text,   parts, part, values, count, i) {
        count = split(text, parts, "; ")
        for (part = 1; part <= count; ++part) {
          sub(/ *\(.*/, "", parts[part])
          if (parts[part] !~ /[^ ,] [^ ,]/) break
        }
        if (part > count) return
        count = split(parts[part], values, ", *")
        for (i = 1; i <= count; ++i) print values[i]
      }
      function put_argument(name) {
        if (name ~ /TOPOLOGY/) print ":machines"
        print ":files"
      }
      option != "" && $2 == option { if ($3 ~ /SCHEDULE|FILE/) print ":files"; else put_values($4) }
      option == "" && ($1 == "command" || $1 == "option") { print $2 }
      option == "" && $1 == "argument" && ++arguments == position { put_argument($2) }' |
    while IFS= read -r __pleach_line; do
      case $__pleach_line in
        # Of a family, torus-AxB[xC], the part before the sizes.
        :machines)
          ${__pleach_path%% *} topo list 2>/dev/null | awk 'NR > 1 { sub(/[A-Z].*/, "", $1); print $1 }'
          ;;
        *) printf '%s\n' "$__pleach_line" ;;
      esac
    done
}
