"""What tests share: throwaway servers, databases, and acting as somebody."""
