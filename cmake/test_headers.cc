// Nothing but a place for the tests' precompiled headers to belong to.
namespace weir {
extern const int kTestHeaders;
const int kTestHeaders = 0;
}  // namespace weir
